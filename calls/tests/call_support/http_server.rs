//! A server of HTTP on this machine, for programs that a test starts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

/// What somebody asks for.
pub(crate) struct Request {
    /// The first line and the headers.
    head: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Whether the first line begins so, such as with `GET / `.
    pub(crate) fn is(&self, begin: &str) -> bool {
        self.head.first().is_some_and(|line| line.starts_with(begin))
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.iter().skip(1).filter_map(|line| line.split_once(':'));
        headers.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// Serves on a port, which it gives, until the process ends. `answer` gives the status and the headers, in lines, and
/// the body.
pub(crate) fn serve<B: AsRef<[u8]>>(answer: impl Fn(Request) -> (String, B) + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            // Who has what it wanted hangs up.
            std::thread::spawn(move || drop(exchange(stream, answer)));
        }
    });
    port
}

fn exchange<B: AsRef<[u8]>>(mut stream: TcpStream, answer: impl Fn(Request) -> (String, B)) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request = Request { head: Vec::new(), body: Vec::new() };
    loop {
        let mut line = String::new();
        // A line that does not end is of somebody who has hung up.
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim() {
            "" => break,
            line => request.head.push(line.to_owned()),
        }
    }
    let length = request.header("Content-Length").map_or(0, |length| length.parse().unwrap());
    request.body = vec![0; length];
    reader.read_exact(&mut request.body)?;
    let (head, body) = answer(request);
    let body = body.as_ref();
    write!(stream, "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(body)
}
