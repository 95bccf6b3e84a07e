//! `app-license fortified probe`

use std::io::{Read, Write};
use std::net::TcpListener;

use super::both;
use super::fortified::NOW;
use crate::common::{file, run, run_with};

/// A server on loopback that answers every request with this text; nothing at all for an empty
/// one. Answers its base URL.
pub(super) fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 2048];
            let _ = stream.read(&mut request);
            if answer.is_empty() {
                open.push(stream); // never answered, never closed
            } else {
                let _ = stream.write_all(answer.as_bytes());
            }
        }
    });
    format!("http://{address}")
}

pub(super) const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
const MOVED: &str =
    "HTTP/1.1 301 Moved\r\nlocation: /\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

#[test]
fn a_probe_takes_200_alone_and_each_base_url_by_itself() {
    let (good, empty, moved) = (server(OK), server(NO_CONTENT), server(MOVED));
    let (human, json) = both(&[
        "fortified",
        "probe",
        &good,
        &empty,
        &moved,
        "--path",
        "health",
    ]);
    assert_eq!(human.code, 2);
    let codes: Vec<_> = json["base_urls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["failures"][0]["code"].as_str().unwrap_or("healthy"))
        .collect();
    assert_eq!(codes, ["healthy", "status", "redirect"]);
    assert_eq!(json["program"]["retiring"], true);
    assert!(human.out.contains("the program is being retired"));

    let (human, json) = both(&["fortified", "probe", &good, "--path", "health"]);
    assert_eq!((human.code, &json["healthy"]), (0, &true.into()));
}

#[test]
fn a_probe_gives_up_at_the_limit() {
    let silent = server("");
    let ran = run(&[
        "fortified",
        "probe",
        &silent,
        "--limit-ms",
        "50",
        "--format",
        "json",
    ]);
    assert_eq!(ran.code, 2);
    let probed = &ran.json()["base_urls"][0];
    assert_eq!(probed["failures"][0]["code"], "no_answer");
    assert_eq!(probed["failures"][1]["code"], "slow");
}

#[test]
fn a_probe_refuses_an_absolute_path() {
    for path in ["/health", "https://app.example.com/health", "//x/health"] {
        let ran = run(&[
            "fortified",
            "probe",
            "https://app.example.com",
            "--path",
            path,
        ]);
        assert_eq!(ran.code, 3, "{path}");
        assert!(ran.err.contains("relative to the base URL"), "{}", ran.err);
    }
    assert_eq!(
        run(&["fortified", "probe", "http://app.example.com"]).code,
        3
    );
    assert_eq!(run(&["fortified", "probe"]).code, 3);
}

#[test]
fn what_a_probe_finds_are_events_for_the_calculator() {
    let (good, bad) = (server(OK), server(NO_CONTENT));
    let events = run(&[
        "fortified",
        "probe",
        &good,
        &bad,
        "--ndjson",
        "-",
        "--now",
        NOW,
    ]);
    assert_eq!(events.code, 2);
    assert_eq!(events.out.lines().count(), 2);
    let sli = run_with(
        &[
            "fortified",
            "sli",
            "--events",
            "-",
            "--end",
            NOW,
            "--format",
            "json",
        ],
        &events.out,
    );
    assert_eq!(sli.code, 2);
    let results = sli.json()["results"].clone();
    let state = |url: &str| {
        let found = results
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["subject"] == url);
        found.unwrap()["state"].clone()
    };
    assert_eq!(
        (state(&good), state(&bad)),
        ("met".into(), "breached".into())
    );
}

#[test]
fn what_a_probe_writes_under_another_limit_is_read() {
    let slow = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let _ = stream.read(&mut [0; 2048]);
                std::thread::sleep(std::time::Duration::from_millis(40));
                let _ = stream.write_all(OK.as_bytes());
            }
        });
        format!("http://{address}")
    };
    // the program's own limit is shorter than what the probe waits
    let shipped = run(&["fortified", "program"]).out;
    let ours = file(
        "programs/limit.toml",
        shipped.replace("limit_ms = 3000", "limit_ms = 20"),
    );
    let probe = [
        "fortified",
        "probe",
        &slow,
        "--limit-ms",
        "5000",
        "--ndjson",
        "-",
        "--now",
        NOW,
    ];
    let probed = run(&[&probe[..], &["--program", &ours]].concat());
    assert_eq!(probed.code, 0, "{}", probed.err);
    let sli = [
        "fortified",
        "sli",
        "--events",
        "-",
        "--end",
        NOW,
        "--format",
        "json",
    ];
    let ran = run_with(&[&sli[..], &["--program", &ours]].concat(), &probed.out);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert_eq!(ran.json()["results"][0]["bad"], 1);
    assert_eq!(run_with(&sli, &probed.out).code, 0);
}

#[test]
fn the_whole_answer_has_to_come_in_time() {
    let trickle = server("HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\nbeginning");
    // the connection is closed too early: no whole answer
    let ran = run(&[
        "fortified",
        "probe",
        &trickle,
        "--limit-ms",
        "2000",
        "--format",
        "json",
    ]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 2048]);
            std::thread::spawn(move || {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                while stream.write_all(&[b'a'; 4096]).is_ok() {}
            });
        }
    });
    let endless = format!("http://{address}");
    let (human, json) = both(&["fortified", "probe", &endless, "--limit-ms", "2000"]);
    assert_eq!(human.code, 2);
    let probed = &json["base_urls"][0];
    assert_eq!(
        (&probed["status"], &probed["failures"][0]["code"]),
        (&200.into(), &"slow".into())
    );
}

#[test]
fn a_base_url_given_twice_is_asked_once() {
    let good = server(OK);
    let slash = format!("{good}/");
    let (human, json) = both(&["fortified", "probe", &good, &slash, &good]);
    assert_eq!(human.code, 0, "{}", human.err);
    assert_eq!(json["base_urls"].as_array().unwrap().len(), 1);
    assert_eq!(json["base_urls"][0]["base_url"], good);
}
