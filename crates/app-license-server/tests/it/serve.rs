//! Clients that take what they should not: over real sockets.

use std::time::Duration;

use app_license_server::{ConnectApp, Limits, serve};
use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

struct Served {
    address: String,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
}

async fn served(limits: Limits) -> Served {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let app = ConnectApp::builder("com.example.app", "https://app.example.com").unwrap();
    let app = app.build().unwrap();
    let length = |body: Bytes| async move { body.len().to_string() };
    let router = Router::new()
        .route("/", get(|| async { "here" }))
        .route("/length", post(length))
        .merge(app.lifecycle_routes());
    let (stop, stopped) = oneshot::channel();
    let server = serve(listener, router).limits(limits).until(async move {
        let _ = stopped.await;
    });
    let ended = tokio::spawn(server.into_future());
    Served {
        address,
        stop,
        ended,
    }
}

impl Served {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).await.unwrap()
    }

    /// Everything the server answers to these bytes until it closes the connection.
    async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        until_closed(stream).await
    }

    async fn is_well(&self) -> bool {
        let answer = reqwest::get(format!("http://{}/", self.address)).await;
        answer.unwrap().text().await.unwrap() == "here"
    }
}

async fn until_closed(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    let mut piece = [0; 4096];
    // a connection that is reset has ended as well
    while let Ok(read @ 1..) = stream.read(&mut piece).await {
        text.extend_from_slice(piece.get(..read).unwrap());
    }
    String::from_utf8(text).unwrap()
}

fn brief() -> Limits {
    // long enough for a request that is not slow, on a machine that is
    let soon = Duration::from_secs(1);
    Limits::new().head_timeout(soon).body_timeout(soon)
}

#[tokio::test]
async fn slow_heads_are_cut_off_while_others_are_served() {
    let server = served(brief()).await;
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut stream = server.connect().await;
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\nx-")
            .await
            .unwrap();
        slow.push(stream);
    }
    assert!(server.is_well().await);
    for stream in slow {
        assert_eq!(until_closed(stream).await, "");
    }
}

#[tokio::test]
async fn a_full_house_lets_new_guests_in_when_slow_ones_are_cut_off() {
    let server = served(brief().connections(2)).await;
    let mut first = server.connect().await;
    first.write_all(b"GET / HT").await.unwrap();
    let second = server.connect().await;
    assert!(server.is_well().await);
    assert_eq!(until_closed(first).await, "");
    assert_eq!(until_closed(second).await, "");
}

#[tokio::test]
async fn heads_too_large_are_431() {
    let server = served(Limits::new()).await;
    let head = format!(
        "GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n",
        "y".repeat(64 * 1024)
    );
    let answer = server.raw(head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let within = format!(
        "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx: {}\r\n\r\n",
        "y".repeat(24 * 1024)
    );
    let answer = server.raw(within.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

/// What reads the head takes more at a time than the limit: the limit is the limit all the same.
#[tokio::test]
async fn heads_over_the_limit_are_431_however_they_arrive() {
    let server = served(Limits::new()).await;
    let field = |bytes: usize| format!("x: {}\r\n", "y".repeat(bytes));
    for (target, fields) in [
        ("/".to_owned(), field(40 * 1024)),
        ("/".to_owned(), field(33 * 1024)),
        ("/".to_owned(), field(9 * 1024).repeat(4)),
        (format!("/?{}", "q".repeat(40 * 1024)), String::new()),
    ] {
        let head = format!("GET {target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{fields}\r\n");
        let answer = server.raw(head.as_bytes()).await;
        let bytes = head.len();
        assert!(answer.starts_with("HTTP/1.1 431 "), "{bytes}: {answer}");
        // in two pieces it is refused as well: told so, or cut off before it has sent all
        let mut stream = server.connect().await;
        let (first, second) = head.as_bytes().split_at(bytes / 2);
        stream.write_all(first).await.unwrap();
        tokio::task::yield_now().await;
        let _ = stream.write_all(second).await;
        let answer = until_closed(stream).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 431 "),
            "{bytes} in two pieces: {answer}"
        );
    }
    assert!(server.is_well().await);
}

#[tokio::test]
async fn bodies_too_large_are_413_on_every_route() {
    let server = served(Limits::new()).await;
    let client = reqwest::Client::new();
    for path in ["/length", "/installed", "/nowhere"] {
        let url = format!("http://{}{path}", server.address);
        let sent = client.post(url).body(vec![b'x'; 10 * 1024 * 1024]).send();
        let answer = sent.await.unwrap();
        assert_eq!(answer.status(), 413, "{path}");
        assert!(answer.text().await.unwrap().contains("too_large"), "{path}");
    }
    let url = format!("http://{}/length", server.address);
    let within = client.post(url).body(vec![b'x'; 1024 * 1024]).send();
    assert_eq!(within.await.unwrap().text().await.unwrap(), "1048576");
}

#[tokio::test]
async fn bodies_without_a_length_end_at_the_limit() {
    let server = served(Limits::new().body_bytes(1024)).await;
    let mut request =
        b"POST /length HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..2 {
        request.extend_from_slice(b"400\r\n");
        request.extend_from_slice(&[b'x'; 1024]);
        request.extend_from_slice(b"\r\n");
    }
    let answer = server.raw(&request).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn slow_bodies_are_408() {
    let server = served(brief()).await;
    // taken apart, and its key asked for, only after the body was read
    let token = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImtleS0xIn0.eyJpc3MiOiJ0IiwiaWF0IjoxLCJleHAiOjIsInFzaCI6IngifQ.c2lnbmF0dXJl";
    let head = format!(
        "POST /installed HTTP/1.1\r\nhost: a\r\nauthorization: JWT {token}\r\ncontent-length: 9\r\n\r\n{{"
    );
    let answer = server.raw(head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("body_timed_out"), "{answer}");
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_ends() {
    let server = served(Limits::new()).await;
    assert!(server.is_well().await);
    server.stop.send(()).unwrap();
    server.ended.await.unwrap();
    assert!(TcpStream::connect(&server.address).await.is_err());
}

/// One that has sent nothing is closed at once, one that has sent half a head may send the rest.
#[tokio::test]
async fn a_server_that_is_told_to_stop_answers_what_has_begun() {
    let server = served(Limits::new().head_timeout(Duration::from_secs(3600))).await;
    let (silent, mut half) = (server.connect().await, server.connect().await);
    half.write_all(b"GET / HTTP/1.1\r\nho").await.unwrap();
    // answered after the others were accepted
    assert!(server.is_well().await);
    server.stop.send(()).unwrap();
    assert_eq!(until_closed(silent).await, "");
    half.write_all(b"st: a\r\n\r\n").await.unwrap();
    let answer = until_closed(half).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.ends_with("here"), "{answer}");
    server.ended.await.unwrap();
}

/// The first head is read apart: what follows it in the same piece is not lost, and what is none is
/// answered at once.
#[tokio::test]
async fn what_comes_with_the_first_head_is_read() {
    let limits = Limits::new().head_timeout(Duration::from_secs(3600));
    let server = served(limits).await;
    let post = "POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello";
    let get = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let answer = server.raw(format!("{post}{get}").as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 200 ").count(), 2, "{answer}");
    assert!(answer.ends_with("here"), "{answer}");
    // one byte after the other
    let mut stream = server.connect().await;
    stream.set_nodelay(true).unwrap();
    for byte in get.bytes() {
        stream.write_all(&[byte]).await.unwrap();
    }
    assert!(until_closed(stream).await.ends_with("here"));
    let answer = server.raw(b"\x16\x03\x01\x02\x00\x01").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_ends_what_it_sends_with_its_request_is_answered() {
    let server = served(Limits::new()).await;
    let get: [&[u8]; 1] = [b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"];
    let pieces: [&[u8]; 2] = [b"GET / HTTP/1.1\r\nho", b"st: a\r\n\r\n"];
    let old: [&[u8]; 1] = [b"GET / HTTP/1.0\r\n\r\n"];
    let post: [&[u8]; 1] = [b"POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello"];
    // each often: it is a race
    for _ in 0..50 {
        for (sent, wanted) in [
            (&get[..], "here"),
            (&pieces, "here"),
            (&old, "here"),
            (&post, "5"),
        ] {
            let mut stream = server.connect().await;
            stream.set_nodelay(true).unwrap();
            for piece in sent {
                stream.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            stream.shutdown().await.unwrap();
            let answer = until_closed(stream).await;
            assert!(answer.ends_with(wanted), "{sent:?}: {answer}");
        }
    }
}
