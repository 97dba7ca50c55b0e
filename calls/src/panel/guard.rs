//! Who may ask: this machine's own browser, for a page of this server, with the key.

use hyper::HeaderMap;
use hyper::header::{HOST, HeaderName, ORIGIN};

use super::token::Token;

/// Why a request is refused, for whoever reads it in the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// Another name leads here: a page of another site that has bent its own name to this address.
    #[error("this server answers to 127.0.0.1 and localhost alone; open the address that `standin panel` printed")]
    Host,
    /// A page of another site asks.
    #[error("a page of another site has asked; open the address that `standin panel` printed")]
    Origin,
    /// No key, or another one.
    #[error("the key in the address is wrong; open the address that `standin panel` printed")]
    Token,
}

/// What the browser says about who asks.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The path below the key of a request that may be answered.
///
/// # Errors
/// [`Refusal`].
pub(super) fn admit<'a>(headers: &HeaderMap, path: &'a str, port: u16, token: &Token) -> Result<&'a str, Refusal> {
    let one = |name: &HeaderName| {
        let mut values = headers.get_all(name).iter();
        let first = values.next().map(|value| value.to_str().unwrap_or_default());
        if values.next().is_some() { Some("") } else { first }
    };
    let own = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let host = one(&HOST).filter(|host| own.iter().any(|own| own == host)).ok_or(Refusal::Host)?;
    if one(&ORIGIN).is_some_and(|origin| origin.strip_prefix("http://") != Some(host)) {
        return Err(Refusal::Origin);
    }
    if one(&FETCH_SITE).is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Err(Refusal::Origin);
    }
    let path = path.strip_prefix('/').unwrap_or(path);
    let (key, rest) = path.split_once('/').unwrap_or((path, ""));
    if token.is(key) { Ok(rest) } else { Err(Refusal::Token) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails may stop")]

    use super::*;

    #[test]
    fn only_the_own_page_with_the_key_is_admitted() {
        let token = Token::new().unwrap();
        let path = format!("/{}/api/events", token.digits());
        let ask = |path: &str, pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, value.parse().unwrap());
            }
            admit(&headers, path, 7000, &token).map(str::to_owned)
        };
        let host = ("host", "127.0.0.1:7000");
        assert_eq!(ask(&path, &[host]), Ok("api/events".to_owned()));
        let own = [("host", "localhost:7000"), ("origin", "http://localhost:7000"), ("sec-fetch-site", "same-origin")];
        assert_eq!(ask(&path, &own), Ok("api/events".to_owned()));
        for wrong in ["127.0.0.1", "127.0.0.1:7001", "evil.invalid:7000", "127.0.0.1:7000.evil.invalid", ""] {
            assert_eq!(ask(&path, &[("host", wrong)]), Err(Refusal::Host), "{wrong}");
        }
        assert_eq!(ask(&path, &[]), Err(Refusal::Host));
        assert_eq!(ask(&path, &[host, host]), Err(Refusal::Host));
        for wrong in ["http://evil.invalid", "null", "https://127.0.0.1:7000", "http://localhost:7000", ""] {
            assert_eq!(ask(&path, &[host, ("origin", wrong)]), Err(Refusal::Origin), "{wrong}");
        }
        for site in ["cross-site", "same-site"] {
            assert_eq!(ask(&path, &[host, ("sec-fetch-site", site)]), Err(Refusal::Origin), "{site}");
        }
        for wrong in ["/", "", "/api/events", "/0123456789abcdef0123456789abcdef/", &path.to_uppercase()[..10]] {
            assert_eq!(ask(wrong, &[host]), Err(Refusal::Token), "{wrong}");
        }
    }
}
