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
