//! Writes the JavaScript and the TypeScript types beside a module of wasm-bindgen.
//!
//! A program of its own, because what it stands on compiles for a minute: only the build of the npm
//! package runs it. It is in the workspace, so that one lock file holds its version and the macro's.

use std::env;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

/// `wasm-glue MODULE.wasm FOLDER NAME`
fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let mut next = |what| arguments.next().with_context(|| format!("which {what}?"));
    let (module, folder, name) = (next("module")?, next("folder")?, next("name")?);
    let module = fs::read(&module).with_context(|| format!("cannot read {module}"))?;
    Bindgen::new()
        .input_bytes(&name, single_values(module)?)
        .out_name(&name)
        .web(true)?
        .typescript(true)
        // the bytes are the caller's matter
        .omit_default_module_path(true)
        // after a trap the module is made anew
        .reset_state_function(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)
}

/// Says of a module that its functions return one value at the most, as they do: wasm-bindgen leaves it at
/// that then, and results go through memory. For each type of exported function with several values V8
/// compiles code of its own when it compiles the module: half of all the time that this takes.
fn single_values(mut module: Vec<u8>) -> Result<Vec<u8>> {
    // an entry of the section `target_features`: a prefix, the length of the name, the name
    const ENTRY: &[u8] = b"+\x0amultivalue";
    let places: Vec<usize> = module
        .windows(ENTRY.len())
        .enumerate()
        .filter_map(|(place, bytes)| (bytes == ENTRY).then_some(place))
        .collect();
    ensure!(
        places.len() < 2,
        "more than one place of the module says that it has `multivalue`"
    );
    for place in places {
        if let Some(prefix) = module.get_mut(place) {
            *prefix = b'-';
        }
    }
    Ok(module)
}
