use std::fs;

use app_license_source::SourceTree;

#[test]
fn only_the_apps_own_code_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (path, text) in [
        (".gitignore", "ignored/\n"),
        ("src/app.rs", "fn f() {}"),
        ("src/ui/page.tsx", "<a/>;"),
        ("src/ui/page.test.tsx", "<a/>;"),
        ("tests/it.rs", ""),
        ("src/broken.ts", "const = 1"),
        ("src/types.d.ts", "declare const a: 1;"),
        ("ignored/x.ts", "1;"),
        ("node_modules/m/x.js", "1;"),
        ("target/debug/x.rs", ""),
        ("README.md", "text"),
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let tree = SourceTree::read(root).unwrap();
    let files: Vec<_> = tree.files().iter().map(|f| (&*f.path, f.test)).collect();
    assert_eq!(
        files,
        [
            ("src/app.rs", false),
            ("src/ui/page.test.tsx", true),
            ("src/ui/page.tsx", false),
            ("tests/it.rs", true),
        ]
    );
    let unread: Vec<_> = tree
        .unread()
        .iter()
        .map(|(p, e)| (&**p, e.code()))
        .collect();
    assert_eq!(unread, [("src/broken.ts", "source_syntax")]);
    assert!(!tree.is_truncated());
}

#[test]
fn a_single_file_and_a_missing_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ts");
    fs::write(&file, "1;").unwrap();
    assert_eq!(SourceTree::read(&file).unwrap().files().len(), 1);
    let error = SourceTree::read(&folder.path().join("none")).unwrap_err();
    assert_eq!(error.code(), "source_read");
}

#[test]
fn a_script_may_have_what_a_module_may_not() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("a.js"),
        "<!-- old browsers\nwith (x) { run(); }\n",
    )
    .unwrap();
    let tree = SourceTree::read(folder.path()).unwrap();
    assert_eq!((tree.files().len(), tree.unread().len()), (1, 0));
}

#[cfg(unix)]
#[test]
fn links_are_read_once_or_named() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("o.ts"), "f();").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    for path in ["src", "node_modules/lib"] {
        fs::create_dir_all(at(path)).unwrap();
    }
    fs::write(at("src/a.ts"), "f();").unwrap();
    fs::write(at("src/a.txt"), "g();").unwrap();
    // the same file or folder under another name, and one that leads in a circle
    symlink("src", at("alias")).unwrap();
    symlink("src/a.ts", at("again.ts")).unwrap();
    symlink(folder.path(), at("src/root")).unwrap();
    // a source under a name that is none, and one that git ignores
    symlink("src/a.txt", at("b.ts")).unwrap();
    fs::create_dir(at("generated")).unwrap();
    fs::write(at(".gitignore"), "generated/\n").unwrap();
    fs::write(at("generated/c.ts"), "f();").unwrap();
    symlink("generated/c.ts", at("c.ts")).unwrap();
    // what is not read
    symlink(outside.path(), at("shared")).unwrap();
    symlink(outside.path().join("o.ts"), at("o.ts")).unwrap();
    symlink("node_modules/lib", at("lib")).unwrap();
    symlink("loop.ts", at("loop.ts")).unwrap();
    symlink(outside.path().join("notes.txt"), at("notes.txt")).unwrap();
    let tree = SourceTree::read(folder.path()).unwrap();
    let read: Vec<_> = tree.files().iter().map(|f| f.path.as_str()).collect();
    assert_eq!(read, ["b.ts", "c.ts", "src/a.ts"]);
    let named: Vec<_> = tree
        .unread()
        .iter()
        .map(|(path, why)| format!("{path}: {why}"))
        .collect();
    assert_eq!(
        named,
        [
            "lib: a link is not followed: it leads to what is not read",
            "loop.ts: a link is not followed: it leads nowhere, or in a circle",
            "o.ts: a link is not followed: it leads out of the folder",
            "shared: a link is not followed: it leads out of the folder",
        ]
    );
}
