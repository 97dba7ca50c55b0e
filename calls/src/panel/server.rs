//! The server: what is answered to which path. It listens on this machine alone.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderName};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::board::Told;
use super::commands::{Command, Panel};
use super::guard::{self, Refusal};
use super::preview::Side;
use super::ticket::Ticket;
use super::token::Token;
use crate::mend;

/// Connections at once.
const CONNECTIONS: usize = 64;
/// Bytes of a command.
const COMMAND: usize = 16 * 1024;
/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);
/// Time between two signs of life to a page that is told nothing.
const ALIVE: Duration = Duration::from_secs(5);
/// Time between two pieces of news to a page.
const CALM: Duration = Duration::from_millis(50);

const PAGE: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/panel.js");
const ICON: &str = include_str!("../../../packaging/standin.svg");

/// The page's own files and nothing else; no other page may hold it in a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Headers of every answer.
const HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", POLICY),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// The number of a picture.
const NUMBER: HeaderName = HeaderName::from_static("picture");

/// What opens the page.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) port: u16,
    pub(super) token: Token,
    pub(super) ticket: Ticket,
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Answers for ever.
pub(super) async fn serve(listener: TcpListener, keys: Keys, panel: Arc<Panel>) {
    let keys = Arc::new(keys);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!("the page: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let (panel, keys) = (Arc::clone(&panel), Arc::clone(&keys));
        tokio::spawn(async move {
            let answer = service_fn(|request| answer(request, &keys, &panel));
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
            // A browser that goes is no fault.
            let _ = server.serve_connection(TokioIo::new(stream), answer).await;
            drop(place);
        });
    }
}

async fn answer(request: Request<Incoming>, keys: &Keys, panel: &Arc<Panel>) -> Result<Response<Body>, Infallible> {
    let path = match guard::admit(request.headers(), request.uri().path(), keys.port, &keys.token) {
        Ok(path) => path.to_owned(),
        Err(Refusal::Token) if keys.ticket.take(request.uri().path()) => return Ok(moved(&keys.token)),
        Err(refusal) => return Ok(text(StatusCode::FORBIDDEN, &refusal.to_string())),
    };
    let than = request.uri().query().and_then(|query| query.strip_prefix("than=")?.parse().ok()).unwrap_or(0);
    Ok(match (request.method(), path.as_str()) {
        (&Method::GET, "") if request.uri().path().ends_with('/') => file("text/html; charset=utf-8", PAGE),
        (&Method::GET, "") => moved(&keys.token),
        (&Method::GET, "style.css") => file("text/css; charset=utf-8", STYLE),
        (&Method::GET, "panel.js") => file("text/javascript; charset=utf-8", SCRIPT),
        (&Method::GET, "icon.svg") => file("image/svg+xml", ICON),
        (&Method::GET, "api/controls") => json(StatusCode::OK, &panel.controls),
        (&Method::GET, "api/events") => events(Arc::clone(panel)),
        (&Method::GET, "api/doctor") => doctor(Arc::clone(panel)).await,
        (&Method::GET, "preview/before") => picture(panel, Side::Before, than).await,
        (&Method::GET, "preview/after") => picture(panel, Side::After, than).await,
        (&Method::POST, "api/command") => command(request, Arc::clone(panel)).await,
        _ => text(StatusCode::NOT_FOUND, "there is nothing here"),
    })
}

fn respond(status: StatusCode, kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), hyper::header::HeaderValue::from_static(value));
    }
    response
}

fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).boxed_unsync()
}

fn file(kind: &'static str, text: &'static str) -> Response<Body> {
    respond(StatusCode::OK, kind, whole(text))
}

fn text(status: StatusCode, text: &str) -> Response<Body> {
    respond(status, "text/plain; charset=utf-8", whole(format!("{text}\n")))
}

fn json(status: StatusCode, value: &impl serde::Serialize) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(bytes) => respond(status, "application/json", whole(bytes)),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// The address with its last stroke, from which the page's files are found.
fn moved(token: &Token) -> Response<Body> {
    let mut response = text(StatusCode::TEMPORARY_REDIRECT, "the page is below");
    if let Ok(place) = format!("/{}/", token.digits()).parse() {
        response.headers_mut().insert(hyper::header::LOCATION, place);
    }
    response
}

/// Server-sent events: what changes, as soon as it does, but not more often than people see.
fn events(panel: Arc<Panel>) -> Response<Body> {
    let mut watch = panel.board.watch();
    watch.mark_changed();
    let begin = (panel, watch, Told::default(), "retry: 1000\n\n");
    let news = stream::unfold(begin, |(panel, mut watch, mut told, retry)| async move {
        let text = match tokio::time::timeout(ALIVE, watch.changed()).await {
            Ok(Ok(())) => {
                if retry.is_empty() {
                    tokio::time::sleep(CALM).await;
                    watch.mark_unchanged();
                }
                format!("{retry}{}", panel.board.news(&mut told))
            }
            Ok(Err(_)) => return None,
            Err(_) => ":\n\n".to_owned(),
        };
        Some((Ok(Frame::data(Bytes::from(text))), (panel, watch, told, "")))
    });
    respond(StatusCode::OK, "text/event-stream", StreamBody::new(news).boxed_unsync())
}

async fn picture(panel: &Panel, side: Side, than: u64) -> Response<Body> {
    match panel.preview.newer(side, than).await {
        Some(picture) => {
            let mut response = respond(StatusCode::OK, "image/jpeg", whole(picture.jpeg));
            response.headers_mut().insert(NUMBER, picture.number.into());
            response
        }
        None => respond(StatusCode::NO_CONTENT, "text/plain", whole("")),
    }
}

async fn doctor(panel: Arc<Panel>) -> Response<Body> {
    match tokio::task::spawn_blocking(move || panel.examine()).await {
        Ok(report) => json(StatusCode::OK, &report),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, &format!("the examination failed: {error}")),
    }
}

async fn command(request: Request<Incoming>, panel: Arc<Panel>) -> Response<Body> {
    let is_json = request.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if !is_json {
        return text(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a command is application/json");
    }
    let body = match tokio::time::timeout(PATIENCE, Limited::new(request.into_body(), COMMAND).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => return text(StatusCode::PAYLOAD_TOO_LARGE, "a command has at most 16 KiB"),
        Err(_) => return text(StatusCode::REQUEST_TIMEOUT, "the command did not arrive"),
    };
    let command: Command = match serde_json::from_slice(&body) {
        Ok(command) => command,
        Err(error) => return json(StatusCode::BAD_REQUEST, &json!({ "error": format!("no command: {error}") })),
    };
    match tokio::task::spawn_blocking(move || panel.obey(command)).await {
        Ok(Ok(())) => json(StatusCode::OK, &json!({})),
        Ok(Err(error)) => {
            let refused = json!({ "error": format!("{error:#}"), "mend": mend::of(&error) });
            json(StatusCode::UNPROCESSABLE_ENTITY, &refused)
        }
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, &format!("the command failed: {error}")),
    }
}
