//! What a stranger gives to the commands: none panics, none passes.

use crate::common::{file, run};

#[test]
fn rubbish_is_refused_by_every_command() {
    let deep = "[".repeat(100_000);
    let huge = format!(
        "{{\"time\":{},\"sli\":\"webhook\",\"outcome\":\"good\"}}",
        "9".repeat(400)
    );
    let count =
        "{\"time\":0,\"sli\":\"webhook\",\"outcome\":\"good\",\"count\":18446744073709551615}\n"
            .repeat(2);
    let inputs: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("nul", vec![0; 64]),
        ("latin", vec![0xff, 0xfe, 0xe9]),
        ("bom", b"\xef\xbb\xbf{}".to_vec()),
        ("number", b"1".to_vec()),
        ("null", b"null".to_vec()),
        ("nan", b"NaN".to_vec()),
        ("list", b"[1,2]".to_vec()),
        ("object", b"{\"a\":1}".to_vec()),
        ("deep", deep.into_bytes()),
        ("huge", huge.into_bytes()),
        ("count", count.into_bytes()),
        (
            "html",
            b"<html><body>We will be back</body></html>".to_vec(),
        ),
    ];
    for (name, bytes) in inputs {
        let path = file(&format!("programs/hostile-{name}"), bytes);
        let commands: [&[&str]; 10] = [
            &["fortified", "sli", "--events", &path],
            &["fortified", "sli", "--range", &path],
            &["fortified", "sli", "--metrics", &path, &path],
            &["fortified", "checklist", &path],
            &["fortified", "incident", &path],
            &["fortified", "sli", "--events", &path, "--program", &path],
            &["trust", "lint", &path],
            &["trust", "explain", &path, "--need", "dpa"],
            &["trust", "diff", &path, &path],
            &[
                "partner",
                "tier",
                &path,
                "--year",
                "2026",
                "--require",
                "silver",
            ],
        ];
        for command in commands {
            let ran = run(command);
            assert!(
                matches!(ran.code, 2 | 3),
                "{name} {command:?}: {}",
                ran.code
            );
            assert!(
                !ran.err.contains("panicked"),
                "{name} {command:?}: {}",
                ran.err
            );
            for line in ran.err.lines() {
                assert!(!line.contains('\0'), "{name} {command:?}");
            }
        }
    }
}

#[test]
fn a_file_that_is_not_there_is_an_error_around_the_question() {
    for command in [
        &["fortified", "sli", "--events", "/no/such/file"][..],
        &["fortified", "checklist", "/no/such/file"],
        &["trust", "lint", "/no/such/file"],
        &["partner", "tier", "/no/such/file"],
        &["fortified", "incident", "/"],
    ] {
        assert_eq!(run(command).code, 1, "{command:?}");
    }
}
