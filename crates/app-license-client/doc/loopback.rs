# use std::io::{Read, Write};
# /// A server on this machine that answers every request alike.
# fn answering(status: u16, body: &'static str) -> String {
#     let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
#     let at = format!("http://{}", listener.local_addr().unwrap());
#     std::thread::spawn(move || {
#         for stream in listener.incoming() {
#             let mut stream = stream.unwrap();
#             let _ = stream.read(&mut [0; 4096]);
#             let len = body.len();
#             let _ = write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {len}\r\nconnection: close\r\n\r\n{body}");
#         }
#     });
#     at
# }
# fn block_on<T>(future: impl Future<Output = T>) -> T {
#     tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
# }
