//! HTTP/1.1 as bare as it goes: requests that are made once and sent often, and answers of which
//! the status counts.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use app_license_testkit::SignedRequest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// One connection that is kept alive.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

#[derive(Debug, Clone)]
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Whether the server ends the connection with it.
    pub(crate) last: bool,
}

impl HttpResponse {
    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.status, 200 | 204)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Connection {
    pub(crate) async fn open(to: SocketAddr) -> io::Result<Self> {
        let stream = timeout(PATIENCE, TcpStream::connect(to)).await??;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(4096),
        })
    }

    /// The same, from this address of the machine.
    pub(crate) async fn open_from(from: std::net::IpAddr, to: SocketAddr) -> io::Result<Self> {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(from, 0))?;
        let stream = timeout(PATIENCE, socket.connect(to)).await??;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(4096),
        })
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn call(&mut self, request: &[u8]) -> io::Result<HttpResponse> {
        timeout(PATIENCE, async {
            self.stream.write_all(request).await?;
            self.answer().await
        })
        .await?
    }

    /// Sends bytes that may be no request at all.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        timeout(PATIENCE, self.stream.write_all(bytes)).await?
    }

    /// The next answer.
    pub(crate) async fn answer(&mut self) -> io::Result<HttpResponse> {
        loop {
            if let Some((length, answer)) = read(&self.buffer)? {
                self.buffer.drain(..length);
                return Ok(answer);
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// The first answer in `bytes` with its length, when it is all there.
fn read(bytes: &[u8]) -> io::Result<Option<(usize, HttpResponse)>> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(bytes) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(wrong(&error.to_string())),
    };
    let header = |name: &str| {
        let found = response
            .headers
            .iter()
            .find(|h| h.name.eq_ignore_ascii_case(name));
        found.map(|h| String::from_utf8_lossy(h.value).into_owned())
    };
    let status = response.code.ok_or_else(|| wrong("no status"))?;
    let length = match header("content-length") {
        Some(text) => text.parse().map_err(|_| wrong("content-length"))?,
        None if status == 204 || status == 304 => 0,
        None if header("transfer-encoding").is_none() => 0,
        None => return Err(wrong("an answer in chunks is not read")),
    };
    let end = head.checked_add(length).ok_or_else(|| wrong("length"))?;
    let Some(body) = bytes.get(head..end) else {
        return Ok(None);
    };
    let last = header("connection").is_some_and(|text| text.eq_ignore_ascii_case("close"));
    let answer = HttpResponse {
        status,
        body: body.to_vec(),
        last,
    };
    Ok(Some((end, answer)))
}

/// A request of the platform as it goes over the wire.
pub(crate) fn bytes_of(request: &SignedRequest) -> Vec<u8> {
    let headers: Vec<(&str, &str)> = request.headers().collect();
    bytes(request.method(), request.target(), &headers, request.body())
}

/// A request as it goes over the wire.
pub(crate) fn bytes(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("{method} {target} HTTP/1.1\r\nhost: 127.0.0.1\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if method != "GET" {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn an_answer_is_read_when_it_is_all_there() {
        let whole = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nnoHTTP/1.1 200 OK\r\n";
        for end in 0..whole.len() {
            let found = read(&whole[..end]).unwrap();
            assert_eq!(found.is_some(), end >= 50, "{end}");
        }
        let (length, answer) = read(whole).unwrap().unwrap();
        assert_eq!(
            (length, answer.status, answer.text().as_str()),
            (50, 401, "no")
        );
        assert!(!answer.is_success() && !answer.last);
    }

    #[test]
    fn no_body_without_a_length() {
        let (_, answer) = read(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
            .unwrap()
            .unwrap();
        assert!(answer.is_success() && answer.last);
    }

    #[test]
    fn rubbish_is_an_error() {
        assert!(read(b"220 mail.example.com ready\r\n\r\n").is_err());
        assert!(read(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n").is_err());
    }
}
