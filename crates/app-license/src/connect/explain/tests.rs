use super::{Explanation, QshMistake};
use crate::connect::{BaseUrl, CanonicalRequest, Qsh, RequestLine};

fn explain(canonical: &str, request: &RequestLine<'_>, base: &str) -> Explanation {
    let base = BaseUrl::new(base).unwrap();
    Explanation::new(Qsh::of(canonical).as_str(), request, &base)
}

#[test]
fn each_known_mistake_is_named() {
    let base = "https://app.example.com/connect";
    let target = "/connect/panel/x/?q=a+b&id=2&id=10&:1=z&1=y&jwt=tok.en.1";
    for (signed, mistake) in [
        (
            "POST&/panel/x&%3A1=z&1=y&id=10,2&q=a%20b",
            QshMistake::OtherMethod("POST"),
        ),
        (
            "get&/panel/x&%3A1=z&1=y&id=10,2&q=a%20b",
            QshMistake::MethodCase,
        ),
        (
            "GET&/connect/panel/x&%3A1=z&1=y&id=10,2&q=a%20b",
            QshMistake::BasePathKept,
        ),
        (
            "GET&/panel/x/&%3A1=z&1=y&id=10,2&q=a%20b",
            QshMistake::TrailingSlashKept,
        ),
        (
            "GET&/wiki/connect/panel/x&%3A1=z&1=y&id=10,2&q=a%20b",
            QshMistake::ContextPathAdded("/wiki"),
        ),
        (
            "GET&/x&%3A1=z&1=y&id=10,2&q=a%20b",
            QshMistake::FirstSegmentDropped,
        ),
        ("GET&/panel/x&", QshMistake::QueryDropped),
        (
            "GET&/panel/x&1=y&%3A1=z&id=10,2&q=a%20b",
            QshMistake::NamesSortedRaw,
        ),
        (
            "GET&/panel/x&%3A1=z&1=y&id=2,10&q=a%20b",
            QshMistake::ValuesUnsorted,
        ),
        (
            "GET&/panel/x&%3A1=z&1=y&id=10&id=2&q=a%20b",
            QshMistake::ValuesNotJoined,
        ),
        (
            "GET&/panel/x&%3A1=z&1=y&id=10,2&q=a%2Bb",
            QshMistake::PlusLiteral,
        ),
        (
            "GET&/panel/x&%3A1=z&1=y&id=10,2&q=a+b",
            QshMistake::SpaceAsPlus,
        ),
        (
            "GET&/panel/x&%3A1=z&id=10,2&q=a%20b",
            QshMistake::ParameterMissing("1".into()),
        ),
        (
            "GET&/panel/x&%3A1=z&1=y&id=10,2&lic=none&q=a%20b",
            QshMistake::ParameterAdded("lic=none"),
        ),
    ] {
        let found = explain(signed, &RequestLine::new("GET", target), base);
        assert_eq!(found.mistakes(), [mistake], "{signed}\n{found}");
        assert_eq!(found.signed_canonical(), Some(signed));
    }
}

#[test]
fn mistakes_that_need_another_request() {
    let root = "https://app.example.com";
    let connect = "https://app.example.com/connect";
    let get = |target| RequestLine::new("GET", target);
    for (request, base, signed, mistake) in [
        (
            get("/connectors"),
            connect,
            "GET&/ors&",
            Some(QshMistake::BasePathCut),
        ),
        (
            get("/p"),
            connect,
            "GET&/connect/p&",
            Some(QshMistake::BasePathAdded),
        ),
        (
            get("/a&b"),
            root,
            "GET&/a&b&",
            Some(QshMistake::AmpersandKept),
        ),
        (get(""), root, "GET&&", Some(QshMistake::EmptyPath)),
        (
            get("/a%252Fb"),
            root,
            "GET&/a%2Fb&",
            Some(QshMistake::PathDecoded),
        ),
        (
            get("/p?id=%3A1&id=.1"),
            root,
            "GET&/p&id=%3A1,.1",
            Some(QshMistake::ValuesSortedEncoded),
        ),
        (
            get("/p?lic=active"),
            root,
            "GET&/p&lic=none",
            Some(QshMistake::ParameterChanged("lic=none")),
        ),
        (
            RequestLine::new("POST", "/p?x=1").with_form_body("y=2"),
            root,
            "POST&/p&y=2",
            Some(QshMistake::FormBodyUsed),
        ),
        (get("/p"), root, "GET&/other&", None),
    ] {
        let found = explain(signed, &request, base);
        assert_eq!(
            found.mistakes().first(),
            mistake.as_ref(),
            "{signed}\n{found}"
        );
    }
}

#[test]
fn two_mistakes_at_once_are_both_named() {
    let request = RequestLine::new("GET", "/connect/p?a=1");
    let found = explain("POST&/connect/p&a=1", &request, "https://a.example/connect");
    assert_eq!(
        found.mistakes(),
        [QshMistake::OtherMethod("POST"), QshMistake::BasePathKept]
    );
}

#[test]
fn the_words_of_an_explanation() {
    let request = RequestLine::new("GET", "/panel?lic=active");
    let found = explain("GET&/panel&lic=none", &request, "https://a.example");
    assert_eq!(
        found.to_string(),
        "the query hash is that of another text: it was signed with `lic=none`\n\
         \x20 request: GET&/panel&lic=active\n\
         \x20          3c5d1fbd4ac2bc6b37f0b8a1a3cdaeb0bc7c6a4b9cf1a4d5f3b4a0d2d2c7ee55\n\
         \x20 signed:  GET&/panel&lic=none\n\
         \x20          b5\n\
         \x20 first difference at byte 15: `active` here, `none` signed"
            .replace(
                "3c5d1fbd4ac2bc6b37f0b8a1a3cdaeb0bc7c6a4b9cf1a4d5f3b4a0d2d2c7ee55",
                Qsh::of("GET&/panel&lic=active").as_str()
            )
            .replace(
                "          b5\n",
                &format!("          {}\n", Qsh::of("GET&/panel&lic=none"))
            )
    );
}

#[test]
fn a_token_is_never_shown() {
    let request = RequestLine::new("GET", "/p?a=1&jwt=tok.en.1");
    let found = explain("GET&/p&a=1&jwt=tok.en.1", &request, "https://a.example");
    assert_eq!(found.mistakes(), [QshMistake::JwtKept]);
    assert!(!found.to_string().contains("tok.en"), "{found}");
    assert_eq!(found.signed_canonical(), Some("GET&/p&a=1&jwt=redacted"));
}

#[test]
fn a_hash_that_matches_is_said_to_match() {
    let base = BaseUrl::new("https://a.example").unwrap();
    let request = RequestLine::new("GET", "/a%20b");
    let canonical = CanonicalRequest::new(&request, &base).unwrap();
    let raw = Explanation::new(canonical.qsh().as_str(), &request, &base);
    assert!(
        raw.to_string().starts_with("the query hash matches\n"),
        "{raw}"
    );
    let decoded = canonical.decoded_qsh().unwrap();
    let decoded = Explanation::new(decoded.as_str(), &request, &base);
    assert!(
        decoded
            .to_string()
            .starts_with("the query hash matches the decoded path\n")
    );
    let context = Explanation::new("context-qsh", &request, &base);
    assert!(context.to_string().contains("context token"));
}
