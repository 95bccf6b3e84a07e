use std::fs;

use super::*;

/// The circles of a library with these files.
fn circles(files: &[(&str, &str)]) -> Vec<Circle> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join("src").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    circles_of(folder.path()).unwrap()
}

fn shown(files: &[(&str, &str)]) -> Vec<String> {
    circles(files).iter().map(ToString::to_string).collect()
}

#[test]
fn a_circle_is_shown_with_its_lines_and_items() {
    let found = shown(&[
        ("lib.rs", "mod one;\nmod two;\nmod three;"),
        ("one.rs", "\nuse crate::two::Two;\npub struct One(Two);"),
        ("two.rs", "pub struct Two(super::three::Three);"),
        (
            "three.rs",
            "pub fn a() { self::super::one::One::new(); }\npub struct Three;",
        ),
    ]);
    assert_eq!(
        found,
        ["3 files in a circle:\n  \
          one.rs:2 -> two.rs: Two, two::Two\n  \
          three.rs:1 -> one.rs: one::One::new\n  \
          two.rs:1 -> three.rs: three::Three"]
    );
}

#[test]
fn a_parent_hands_out_what_its_children_define() {
    let child = ("child.rs", "pub struct Item;\nfn a() { super::shared(); }");
    let parent = "mod child;\npub use child::Item;\nfn shared() {}";
    assert_eq!(shown(&[("lib.rs", parent), child]), [""; 0]);
    for used in [
        "fn a(_: Item) {}",
        "fn a() { child::Item; }",
        "fn a() { use child::Item; }",
        "const A: &[u8] = &[size_of::<Item>()];",
        "fn a() { println!(\"{}\", Item); }",
        "impl Item {}",
        "mod inner { struct A(super::Item); }",
    ] {
        let parent = format!("{parent}\n{used}");
        assert_eq!(shown(&[("lib.rs", &parent), child]).len(), 1, "{used}");
    }
}

#[test]
fn a_re_export_is_followed_to_the_file_that_defines() {
    let files = |used: &'static str| {
        [
            (
                "lib.rs",
                "mod a;\nmod b;\npub use a::*;\npub use b::Inner as Renamed;",
            ),
            (
                "a.rs",
                "mod deep;\npub(crate) use deep::Deep;\npub struct A;",
            ),
            ("a/deep.rs", "pub struct Deep(crate::Renamed);"),
            ("b.rs", used),
        ]
    };
    let through_root = "use crate::Deep;\npub struct Inner;";
    assert_eq!(
        shown(&files(through_root)),
        ["2 files in a circle:\n  a/deep.rs:1 -> b.rs: Renamed\n  b.rs:1 -> a/deep.rs: Deep"]
    );
    assert_eq!(shown(&files("use crate::A;\npub struct Inner;")), [""; 0]);
}

#[test]
fn what_a_macro_makes_belongs_to_its_file() {
    let found = shown(&[
        ("lib.rs", "#[macro_use]\nmod macros;\nmod a;\nmod b;"),
        (
            "macros.rs",
            "macro_rules! ids { ($name:ident) => { struct $name; } }",
        ),
        ("a.rs", "ids!(Id);\nuse crate::b::B;"),
        ("b.rs", "use crate::a::Id;\npub struct B(Id);"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(!found.concat().contains("macros.rs"), "{found:?}");
}

#[test]
fn tests_and_foreign_items_make_no_edge() {
    let found = shown(&[
        (
            "lib.rs",
            "mod a;\nuse std::fmt;\nfn f() -> fmt::Result { a::f() }",
        ),
        (
            "a.rs",
            "use super::fmt;\nuse std::io::Read;\npub(in crate::a) fn f() -> fmt::Result {}\n\
             #[cfg(test)]\nmod tests { use super::super::f; }\n\
             #[cfg(test)]\nuse super::f as g;\n#[cfg(test)]\nfn h() { super::f(); }\n\
             impl A { #[cfg(test)] fn i() { super::f(); } }\n\
             fn j() { #[cfg(test)] super::f(); #[cfg(test)] { super::f() } }",
        ),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_module_and_a_function_of_one_name_are_two() {
    let found = shown(&[
        ("lib.rs", "mod page;\nmod row;\npub use page::page;"),
        ("page.rs", "use crate::row::row;\npub fn page() {}"),
        ("row.rs", "pub fn row() { crate::page::page(); }"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn the_circle_of_a_package_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("src/lib.rs"), "mod a;").unwrap();
    fs::write(folder.path().join("src/a.rs"), "").unwrap();
    let listed = |name: &str| check(&[(name.to_owned(), folder.path().to_owned())]);
    assert!(listed("free").is_ok());
    fs::write(
        folder.path().join("src/lib.rs"),
        "mod a;\nfn f() { a::g(); }",
    )
    .unwrap();
    fs::write(folder.path().join("src/a.rs"), "pub fn g() { super::f(); }").unwrap();
    let message = listed("free").unwrap_err().to_string();
    assert!(message.contains("lib.rs:2 -> a.rs: a::g"), "{message}");
}
