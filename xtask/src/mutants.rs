//! Mutants: rules of the core broken on purpose, one at a time, which the contract suite must notice.
//!
//! `tests/contract/mutants.toml` lists them. All are built at once into a copy of the workspace, where the
//! variable [`CHOSEN`] says which of them is broken in a run: one build, however many there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use xshell::cmd;

use crate::context::Context;
use crate::programs;

const SUITE: &str = "tests/contract";
const LIST: &str = "tests/contract/mutants.toml";
/// What the entries name files of.
const CORE: &str = "crates/app-license/src";
/// Names the mutant of a run; without it, no rule is broken.
const CHOSEN: &str = "CONTRACT_MUTANT";
const SHELL: &str = "contract-shell-mutants";
/// What the copy was made of.
const COPIED: &str = ".copied";

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only those whose name contains this
    #[arg(long)]
    only: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    mutant: Vec<Mutant>,
}

/// One rule, broken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    name: String,
    /// The rule that it breaks.
    rule: String,
    /// Below the sources of the core.
    file: String,
    /// A line of it, without the blanks around; there is one such line.
    line: String,
    /// An expression in the line, which is there once; the whole line when left out.
    before: Option<String>,
    /// What stands there instead.
    after: String,
    /// The cases that must fail, as `file/id`.
    cases: Vec<String>,
}

impl Mutant {
    fn before(&self) -> &str {
        self.before.as_deref().unwrap_or(&self.line)
    }

    /// Which line of the text it is.
    fn place(&self, text: &str) -> Result<usize> {
        let lines = text.lines().enumerate();
        let mut found = lines.filter(|(_, line)| line.trim() == self.line);
        let place = found.next().map(|(place, _)| place);
        ensure!(
            found.next().is_none(),
            "{}: `{}` is more than one line of {}",
            self.name,
            self.line,
            self.file
        );
        ensure!(
            self.line.matches(self.before()).count() == 1,
            "{}: `{}` is not once in its line",
            self.name,
            self.before()
        );
        place.with_context(|| format!("{}: {} has no line `{}`", self.name, self.file, self.line))
    }

    /// The line with both, of which a run chooses.
    fn with_both(&self, line: &str) -> Result<String> {
        let before = self.before();
        ensure!(
            line.matches(before).count() == 1,
            "{}: another mutant changes the same, list it after this one",
            self.name
        );
        let both = format!(
            "(if crate::is_mutant(\"{}\") {{ {} }} else {{ {before} }})",
            self.name, self.after
        );
        Ok(line.replacen(before, &both, 1))
    }
}

fn read(root: &Path) -> Result<Vec<Mutant>> {
    let text = fs::read_to_string(root.join(LIST)).context(LIST)?;
    let list: List = toml::from_str(&text).context(LIST)?;
    let names: BTreeSet<&str> = list.mutant.iter().map(|it| &*it.name).collect();
    ensure!(
        names.len() == list.mutant.len(),
        "two mutants have one name"
    );
    Ok(list.mutant)
}

pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<()> {
    let mutants = read(&context.root)?;
    let tree = context.target_dir().join("mutants");
    copy(context, &mutants, &tree)?;
    let shell = build(context, &tree)?;
    let suite = Suite {
        program: programs::build(context)?.join("contract"),
        shell,
        folder: context.root.join(SUITE),
    };
    let chosen = |it: &&Mutant| {
        arguments
            .only
            .as_ref()
            .is_none_or(|only| it.name.contains(only))
    };
    let mutants: Vec<&Mutant> = mutants.iter().filter(chosen).collect();
    ensure!(!mutants.is_empty(), "there is no such mutant");
    // nothing is broken yet: what fails then would prove nothing
    for case in mutants
        .iter()
        .flat_map(|it| &it.cases)
        .collect::<BTreeSet<_>>()
    {
        ensure!(
            !suite.fails(context, None, case)?,
            "{case} fails without a mutant"
        );
    }
    let mut survivors = 0_usize;
    for mutant in &mutants {
        for case in &mutant.cases {
            let failed = suite.fails(context, Some(mutant), case)?;
            if failed {
                println!("found    {}: {case}", mutant.name);
            } else {
                println!("SURVIVES {}: {case}. {}", mutant.name, mutant.rule);
                survivors = survivors.saturating_add(1);
            }
        }
    }
    println!(
        "{} mutants, {survivors} cases that do not notice theirs",
        mutants.len()
    );
    ensure!(survivors == 0, "a rule may be broken without notice");
    Ok(())
}

/// The suite, run with the shell of mutants.
struct Suite {
    program: PathBuf,
    shell: PathBuf,
    folder: PathBuf,
}

impl Suite {
    /// Whether a case fails while this rule is broken.
    fn fails(&self, context: &Context, mutant: Option<&Mutant>, case: &str) -> Result<bool> {
        let (file, id) = case.split_once('/').context("a case is `file/id`")?;
        let file = self.folder.join(format!("{file}.json"));
        let Self { program, shell, .. } = self;
        let name = mutant.map_or("", |it| &it.name);
        let run = cmd!(
            context.sh,
            "{program} run --shell rust --only {id} {file} -- {shell}"
        );
        let output = run.env(CHOSEN, name).quiet().ignore_status().output()?;
        if output.status.success() {
            return Ok(false);
        }
        let said = String::from_utf8_lossy(&output.stdout);
        // `--only` takes every id with this text in it
        let itself = format!(" {id}");
        let failed = |line: &str| line.starts_with("FAILED ") && line.ends_with(&itself);
        // a shell that ends is no answer
        if !said.contains("FAILED ") {
            bail!(
                "{case}, {name}: {said}{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(said.lines().any(failed))
    }
}

/// Copies what the repository has and nothing else, and puts all mutants into the copy. What is there already and
/// the same stays as it is, so that it is not compiled again.
fn copy(context: &Context, mutants: &[Mutant], tree: &Path) -> Result<()> {
    let files = cmd!(
        context.sh,
        "git ls-files --cached --others --exclude-standard"
    )
    .quiet()
    .read()?;
    let list = tree.join(COPIED);
    let copied = fs::read_to_string(&list).unwrap_or_default();
    let there: BTreeSet<&str> = files.lines().collect();
    for gone in copied.lines().filter(|it| !there.contains(it)) {
        let gone = tree.join(gone);
        if gone.is_file() {
            fs::remove_file(&gone).with_context(|| gone.display().to_string())?;
        }
    }
    write(&list, files.as_bytes())?;
    for file in files.lines() {
        let from = context.root.join(file);
        if from.is_file() {
            let content = fs::read(&from)?;
            write(&tree.join(file), &broken(file, content, mutants)?)?;
        }
    }
    Ok(())
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content).with_context(|| path.display().to_string())
}

/// A file of the copy.
fn broken(file: &str, content: Vec<u8>, mutants: &[Mutant]) -> Result<Vec<u8>> {
    // beside the programs of the workspace, not in their place
    if file == format!("{SUITE}/Cargo.toml") {
        let text = String::from_utf8(content)?;
        let renamed = text.replace("\"contract-shell-rust\"", &format!("\"{SHELL}\""));
        return Ok(renamed.into_bytes());
    }
    let Some(file) = file
        .strip_prefix(CORE)
        .and_then(|file| file.strip_prefix('/'))
    else {
        return Ok(content);
    };
    let text = String::from_utf8(content)?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for mutant in mutants.iter().filter(|it| it.file == file) {
        let place = mutant.place(&text)?;
        let line = lines.get_mut(place).context("a line")?;
        *line = mutant.with_both(line)?;
    }
    if file == "lib.rs" {
        lines.push(CHOICE.to_owned());
    }
    Ok(lines.join("\n").into_bytes())
}

/// What every mutant asks.
const CHOICE: &str = r#"
pub(crate) fn is_mutant(name: &str) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| std::env::var("CONTRACT_MUTANT").ok());
    chosen.as_deref() == Some(name)
}
"#;

/// Builds the shell of the copy, into the workspace's own folder: third parties are compiled already.
fn build(context: &Context, tree: &Path) -> Result<PathBuf> {
    let target = context.target_dir();
    let manifest = tree.join("Cargo.toml");
    let sh = &context.sh;
    let build = cmd!(
        sh,
        "cargo build --quiet --manifest-path {manifest} --target-dir {target} --workspace --all-features --bin {SHELL}"
    );
    // of the copy's own sources, warnings of what was broken are no news
    let output = build.quiet().ignore_status().output()?;
    ensure!(
        output.status.success(),
        "the mutants do not compile:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(target.join("debug").join(SHELL))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;

    use super::{CORE, SUITE, read};

    /// A mutant of a line that is gone breaks nothing, and a case that is gone notices nothing.
    #[test]
    fn every_mutant_breaks_a_line_that_is_there_and_names_cases_that_are_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mutants = read(root).unwrap();
        assert!(mutants.len() >= 30, "{}", mutants.len());
        for mutant in &mutants {
            let text = std::fs::read_to_string(root.join(CORE).join(&mutant.file)).unwrap();
            mutant.place(&text).unwrap();
            assert_ne!(mutant.before(), mutant.after, "{}", mutant.name);
            assert!(
                !mutant.rule.is_empty() && !mutant.cases.is_empty(),
                "{}",
                mutant.name
            );
            for case in &mutant.cases {
                let (file, id) = case.split_once('/').unwrap();
                let path = root.join(SUITE).join(format!("{file}.json"));
                let file: Value =
                    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
                let cases = file["cases"].as_array().unwrap();
                assert!(
                    cases.iter().any(|it| it["id"] == id),
                    "{}: {case}",
                    mutant.name
                );
            }
        }
    }
}
