//! Help, versions, completions, and what wrong arguments end with.

use crate::common::{run, run_without_width};

#[test]
fn every_subcommand_has_help_with_examples() {
    let commands: &[&[&str]] = &[
        &[],
        &["inspect"],
        &["verify"],
        &["verify", "request"],
        &["verify", "context"],
        &["verify", "session"],
        &["verify", "invocation"],
        &["verify", "install"],
        &["verify", "uninstall"],
        &["qsh"],
        &["sign"],
        &["sign", "request"],
        &["sign", "context"],
        &["sign", "session"],
        &["sign", "install"],
        &["sign", "invocation"],
        &["conformance"],
        &["lab"],
        &["lab", "scenario"],
        &["trigger"],
        #[cfg(feature = "editions")]
        &["features"],
        #[cfg(feature = "editions")]
        &["features", "check"],
        #[cfg(feature = "editions")]
        &["features", "generate"],
        #[cfg(feature = "editions")]
        &["features", "schema"],
        #[cfg(feature = "editions")]
        &["pricing"],
        #[cfg(feature = "editions")]
        &["pricing", "check"],
        &["store"],
        &["store", "list"],
        &["store", "show"],
        &["store", "history"],
        &["store", "why"],
        &["store", "block"],
        &["store", "unblock"],
        &["store", "revoke"],
        &["store", "export"],
        &["store", "erase"],
        &["store", "rotate-keys"],
        &["store", "migrate"],
        &["store", "stopped"],
        &["store", "retry"],
        &["report"],
        &["report", "summary"],
        &["report", "timeline"],
        &["report", "conversions"],
        &["report", "churn"],
        &["report", "export"],
        &["report", "free-starter-tier"],
        #[cfg(feature = "doctor")]
        &["doctor"],
        #[cfg(feature = "doctor")]
        &["conditions"],
        #[cfg(feature = "doctor")]
        &["conditions", "generate"],
        #[cfg(feature = "doctor")]
        &["conditions", "evaluate"],
        &["fortified"],
        &["fortified", "sli"],
        &["fortified", "probe"],
        &["fortified", "checklist"],
        &["fortified", "synthetic"],
        &["fortified", "deadline"],
        &["fortified", "incident"],
        &["fortified", "program"],
        &["trust"],
        &["trust", "lint"],
        &["trust", "explain"],
        &["trust", "diff"],
        &["trust", "markdown"],
        &["trust", "fields"],
        &["partner"],
        &["partner", "tier"],
        &["partner", "program"],
        &["completions"],
    ];
    for command in commands {
        let ran = run(&[command, &["--help"][..]].concat());
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{command:?}");
        assert!(ran.out.contains("Examples:\n"), "{command:?}");
        assert!(ran.out.contains("--format <FORMAT>"), "{command:?}");
        assert!(
            !ran.out.contains('\u{1b}'),
            "no colors in a pipe: {command:?}"
        );
        let ran = run_without_width(&[command, &["--help"][..]].concat());
        // clap does not break the line that begins so
        let mut lines = ran.out.lines().filter(|line| !line.starts_with("Usage:"));
        let wide = lines.find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{command:?}");
        // an example goes on in the next line where it says so
        let examples = ran.out.split("Examples:\n").nth(1).unwrap().lines();
        for line in examples.take_while(|line| !line.is_empty()) {
            assert!(line.starts_with("  "), "{command:?}: {line}");
        }
    }
}

#[test]
fn the_version_is_the_packages() {
    let ran = run(&["--version"]);
    assert_eq!(
        ran.out,
        format!("app-license {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn wrong_arguments_are_invalid_input() {
    for args in [
        &["--no-such-option"][..],
        &["no-such-command"],
        &[],
        &["verify"],
        &["sign"],
        &["qsh"],
        &["inspect", "--now", "yesterday"],
        &["inspect", "--format", "xml"],
        &["completions", "cmd"],
    ] {
        let ran = run(args);
        assert_eq!(ran.code, 3, "{args:?}");
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{args:?}");
    }
    let ran = run(&["qsh", "--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (3, ""));
    let error = &ran.json()["error"];
    assert_eq!(error["code"], "usage");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .starts_with("the following required arguments")
    );
}

#[test]
fn completions_name_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = run(&["completions", shell]);
        assert_eq!(ran.code, 0, "{shell}");
        for command in [
            "inspect",
            "verify",
            "qsh",
            "sign",
            "conformance",
            "lab",
            "trigger",
            "fortified",
            "trust",
            "partner",
        ] {
            assert!(ran.out.contains(command), "{shell} {command}");
        }
    }
}
