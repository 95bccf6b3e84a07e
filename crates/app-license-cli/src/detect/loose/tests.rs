use super::{Cause, Cut, value, whole};
use serde_json::{Value, json};

fn read(text: &str) -> Value {
    let loose = whole(text, 0, text.len()).unwrap_or_else(|p| panic!("{p:?}: {text}"));
    serde_json::from_str(&loose.json).unwrap()
}

#[test]
fn what_programs_print_reads_as_json() {
    for (text, want) in [
        ("{ active: true }", json!({"active": true})),
        (
            "{\n  active: true,\n  type: 'commercial',\n  modes: undefined,\n  end: null\n}",
            json!({"active": true, "type": "commercial", "end": null}),
        ),
        (
            "{'active': True, 'license': None}",
            json!({"active": true, "license": null}),
        ),
        ("{ // c\n \"a\": 1, /* b */ }", json!({"a": 1})),
        ("[Object: null prototype] { a: 1 }", json!({"a": 1})),
        ("License { active: false }", json!({"active": false})),
        (
            "<ref *1> { a: [ 1, 2, ], b: -1.5e3 }",
            json!({"a": [1, 2], "b": -1.5e3}),
        ),
        ("Map(1) { 'a' => 1 }", json!({"a": 1})),
        (
            "{ at: 2026-12-08T00:00:00.000Z, n: 12n, s: 'it\\'s' }",
            json!({"at": "2026-12-08T00:00:00.000Z", "n": 12, "s": "it's"}),
        ),
        ("{ t: 'a' +\n  'b' }", json!({"t": "ab"})),
        (
            "{ [Symbol(x)]: 1, a-b: 2 }",
            json!({"[Symbol(x)": 1, "a-b": 2}),
        ),
        ("{\u{201c}a\u{201d}: \u{201c}b\u{201d}}", json!({"a": "b"})),
        ("\"\\ud83d\\ude00\\u00e4\"", json!("😀ä")),
        (
            "[ [Object], [Function: f], 3, ... 2 more items ]",
            json!([null, null, 3]),
        ),
        ("{ u: undefined, a: 1 }", json!({"a": 1})),
        ("undefined", json!(null)),
    ] {
        assert_eq!(read(text), want, "{text}");
    }
}

#[test]
fn what_the_printer_left_out_is_remembered() {
    let cut = |text: &str| value(text, 0).unwrap().cuts;
    let path = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
    assert_eq!(
        cut("{ context: { license: [Object] } }"),
        [Cut::Value(path(&["context", "license"]))]
    );
    assert_eq!(
        cut("{ license: { active: true, … } }"),
        [Cut::Fields(path(&["license"]))]
    );
    assert_eq!(cut("{ a: 1, ... 3 more }"), [Cut::Fields(path(&[]))]);
    assert_eq!(
        cut("{ t: 'abc'... 20 more characters }"),
        [Cut::Value(path(&["t"]))]
    );
    assert_eq!(cut("{ l: [Getter], f: [Function (anonymous)] }").len(), 2);
    assert_eq!(cut("{ modes: [ 'USER_ACCESS' ] }"), []);
}

#[test]
fn the_cause_is_where_it_goes_wrong() {
    for (text, at, cause) in [
        ("{ a: 1", 6, Cause::Ends(0)),
        ("{ a: { b: 1 ", 12, Cause::Ends(5)),
        ("{ a: 'x }", 5, Cause::StringEnds),
        ("{ \"a\": \"x\n\" }", 9, Cause::LineBreak),
        ("{ a: 1 b: 2 }", 7, Cause::Comma),
        ("{ a 1 }", 4, Cause::Colon),
        ("{active=true}", 7, Cause::Equals),
        ("{ a: 1, a: 2 }", 8, Cause::Twice),
        ("{ a: undefined, a: 2 }", 16, Cause::Twice),
        ("{ a: yes }", 5, Cause::Word),
        ("{ a: 0x1 }", 5, Cause::Number),
        ("{ a: }", 5, Cause::Value),
        ("{ \"a\": \"\\q\" }", 8, Cause::Escape),
        ("Promise { <pending> }", 10, Cause::Pending),
        ("{} }", 3, Cause::Closing('}')),
        ("{} {}", 3, Cause::Comma),
        ("[<html>]", 1, Cause::Markup),
    ] {
        let problem = whole(text, 0, text.len()).unwrap_err();
        assert_eq!((problem.at, problem.cause), (at, cause), "{text}");
        assert!(!problem.cause.say(text).is_empty());
    }
    let deep = "[".repeat(100);
    assert_eq!(value(&deep, 0).unwrap_err().cause, Cause::TooDeep);
}
