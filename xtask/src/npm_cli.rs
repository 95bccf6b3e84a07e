//! The npm package `@app-license/cli`: a launcher, and one package a platform with the program.

mod glibc;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use xshell::cmd;

use crate::context::Context;

pub(crate) const FOLDER: &str = "npm/cli";
const LICENSES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];
/// On Windows npm is a script, which is started by its whole name alone.
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };
/// How the program is built that is published: for size.
const PROFILE: &str = "minimal";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The program to pack, in place of one that is built for it
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// The platform it is for [default: this machine's]
    #[arg(long, value_name = "NAME")]
    platform: Option<String>,
    /// The profile of cargo that it is built with
    #[arg(long, default_value = PROFILE)]
    profile: String,
}

/// A platform that has a program; see `npm/cli/platforms.json`, where the launcher reads it too.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Platform {
    name: String,
    os: String,
    cpu: String,
    libc: Option<String>,
    target: String,
}

impl Platform {
    fn package(&self) -> String {
        format!("@app-license/cli-{}", self.name)
    }

    fn program(&self) -> &'static str {
        if self.os == "win32" {
            "app-license.exe"
        } else {
            "app-license"
        }
    }
}

pub(crate) fn run(context: &Context, arguments: &Arguments) -> Result<()> {
    let platforms = platforms(context)?;
    let here = host(context)?;
    let platform = match &arguments.platform {
        Some(name) => platforms.iter().find(|one| one.name == *name),
        None => platforms.iter().find(|one| one.target == here),
    };
    let Some(platform) = platform else {
        let names: Vec<&str> = platforms.iter().map(|one| one.name.as_str()).collect();
        bail!("no such platform; there are {}", names.join(", "));
    };
    let program = match &arguments.program {
        Some(program) => program.clone(),
        None => build(context, platform, &arguments.profile)?,
    };
    let folder = pack(context, &platforms, platform, &program)?;
    println!("packed in {}", folder.display());
    Ok(())
}

/// Packs a program that the jobs have built, without what debuggers read.
pub(crate) fn pack_stripped(context: &Context, program: &Path) -> Result<PathBuf> {
    let platforms = platforms(context)?;
    let here = host(context)?;
    let platform = platforms.iter().find(|one| one.target == here);
    let platform = platform.with_context(|| format!("no package for {here}"))?;
    let sh = &context.sh;
    let stripped = context.target_dir().join("npm-stripped");
    sh.create_dir(&stripped)?;
    let stripped = stripped.join(platform.program());
    cmd!(sh, "strip -o {stripped} {program}").run()?;
    pack(context, &platforms, platform, &stripped)
}

/// Writes both packages and packs them; answers the folder with the tarballs.
fn pack(
    context: &Context,
    platforms: &[Platform],
    platform: &Platform,
    program: &Path,
) -> Result<PathBuf> {
    if platform.libc.as_deref() == Some("glibc") {
        glibc::check(context, program)?;
    }
    let sh = &context.sh;
    let version = version(context)?;
    let folder = context.target_dir().join("npm");
    sh.remove_path(&folder)?;

    let main = folder.join("cli");
    let source = context.root.join(FOLDER);
    let mut package = template(context)?;
    for name in files(&package)? {
        if name != "package.json" && !LICENSES.contains(&name.as_str()) {
            copy(context, &source.join(&name), &main.join(&name))?;
        }
    }
    package.insert("version".into(), json!(version));
    let programs = platforms.iter().map(|one| (one.package(), json!(version)));
    package.insert("optionalDependencies".into(), programs.collect());
    package.insert("publishConfig".into(), json!({"access": "public"}));
    write(context, &main, &package)?;

    let own = folder.join(&platform.name);
    copy(context, program, &own.join("bin").join(platform.program()))?;
    sh.write_file(own.join("README.md"), readme(platform))?;
    write(context, &own, &of_platform(&package, platform))?;

    for package in [&own, &main] {
        let _there = sh.push_dir(package);
        cmd!(sh, "{NPM} pack --silent --pack-destination {folder}").run()?;
    }
    Ok(folder)
}

/// The manifest of a platform's package, from that of the main one.
fn of_platform(main: &Map<String, Value>, platform: &Platform) -> Map<String, Value> {
    let mut package = Map::new();
    for name in [
        "version",
        "license",
        "repository",
        "engines",
        "publishConfig",
    ] {
        if let Some(value) = main.get(name) {
            package.insert(name.into(), value.clone());
        }
    }
    let description = format!("The program of @app-license/cli for {}", platform.name);
    package.insert("name".into(), json!(platform.package()));
    package.insert("description".into(), json!(description));
    package.insert("os".into(), json!([platform.os]));
    package.insert("cpu".into(), json!([platform.cpu]));
    if let Some(libc) = &platform.libc {
        package.insert("libc".into(), json!([libc]));
    }
    package.insert(
        "files".into(),
        json!(["bin", "LICENSE-APACHE", "LICENSE-MIT"]),
    );
    package.insert("preferUnplugged".into(), json!(true)); // a program cannot run out of a zip
    package
}

fn readme(platform: &Platform) -> String {
    let needs = match platform.libc.as_deref() {
        Some("glibc") => format!(" It needs glibc {} or later.", glibc::OLDEST),
        _ => String::new(),
    };
    format!(
        "# {}\n\nThe program of `@app-license/cli` for {} ({}).{needs} Install `@app-license/cli`, \
         which brings it where it fits.\n",
        platform.package(),
        platform.name,
        platform.target
    )
}

fn build(context: &Context, platform: &Platform, profile: &str) -> Result<PathBuf> {
    let sh = &context.sh;
    let target = &platform.target;
    let own = target == &host(context)?;
    let foreign = if own {
        Vec::new()
    } else {
        vec!["--target", target]
    };
    cmd!(
        sh,
        "cargo build --locked -p app-license-cli --bin app-license --profile {profile} {foreign...}"
    )
    .run()?;
    let folder = if profile == "dev" { "debug" } else { profile };
    let mut path = context.target_dir();
    if !own {
        path.push(target);
    }
    Ok(path.join(folder).join(platform.program()))
}

fn platforms(context: &Context) -> Result<Vec<Platform>> {
    let text = context.sh.read_file(format!("{FOLDER}/platforms.json"))?;
    Ok(serde_json::from_str(&text)?)
}

fn template(context: &Context) -> Result<Map<String, Value>> {
    let text = context.sh.read_file(format!("{FOLDER}/package.json"))?;
    Ok(serde_json::from_str(&text)?)
}

/// What the manifest says that ships.
fn files(package: &Map<String, Value>) -> Result<Vec<String>> {
    let files = package.get("files").cloned().unwrap_or_default();
    Ok(serde_json::from_value(files)?)
}

/// The version of the workspace.
fn version(context: &Context) -> Result<String> {
    let manifest: toml::Table = context.sh.read_file("Cargo.toml")?.parse()?;
    let version = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("package")?.get("version")?.as_str());
    Ok(version.context("Cargo.toml states no version")?.to_owned())
}

/// The target that rustc compiles for.
fn host(context: &Context) -> Result<String> {
    let said = cmd!(context.sh, "rustc -vV").quiet().read()?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names no host")?.to_owned())
}

fn write(context: &Context, folder: &Path, package: &Map<String, Value>) -> Result<()> {
    let text = serde_json::to_string_pretty(package)?;
    context
        .sh
        .write_file(folder.join("package.json"), text + "\n")?;
    for name in LICENSES {
        copy(context, &context.root.join(name), &folder.join(name))?;
    }
    Ok(())
}

/// Copies a file, or a folder without what lies below folders of it.
fn copy(context: &Context, from: &Path, to: &Path) -> Result<()> {
    let sh = &context.sh;
    ensure!(from.exists(), "{} is missing", from.display());
    let parent = to.parent().context("a path without a folder")?;
    sh.create_dir(parent)?;
    if from.is_dir() {
        for file in sh.read_dir(from)? {
            let name = file.file_name().context("a file without a name")?;
            copy(context, &file, &to.join(name))?;
        }
        return Ok(());
    }
    sh.copy_file(from, to)?; // with its mode: programs stay programs
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linux() -> Platform {
        let all: Vec<Platform> =
            serde_json::from_str(include_str!("../../npm/cli/platforms.json")).unwrap();
        all.into_iter().find(|one| one.name == "linux-x64").unwrap()
    }

    #[test]
    fn a_platform_package_installs_on_its_platform_alone_and_runs_nothing() {
        let main = serde_json::from_str(include_str!("../../npm/cli/package.json")).unwrap();
        let package = of_platform(&main, &linux());
        assert_eq!(package["name"], "@app-license/cli-linux-x64");
        assert_eq!(package["os"], json!(["linux"]));
        assert_eq!(package["cpu"], json!(["x64"]));
        assert_eq!(package["libc"], json!(["glibc"]));
        assert_eq!(package["license"], main["license"]);
        for none in ["scripts", "bin", "dependencies", "optionalDependencies"] {
            assert!(!package.contains_key(none), "{none}");
        }
    }

    #[test]
    fn the_launcher_has_no_script_and_no_dependency() {
        let main: Map<String, Value> =
            serde_json::from_str(include_str!("../../npm/cli/package.json")).unwrap();
        for none in ["scripts", "dependencies", "version"] {
            assert!(!main.contains_key(none), "{none}");
        }
    }

    #[test]
    fn every_platform_is_built_by_the_release_workflow() {
        let workflow = include_str!("../../.github/workflows/release.yml");
        let all: Vec<Platform> =
            serde_json::from_str(include_str!("../../npm/cli/platforms.json")).unwrap();
        for platform in all {
            let line = format!("platform: {}", platform.name);
            assert!(workflow.contains(&line), "{line}");
        }
    }
}
