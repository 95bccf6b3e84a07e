//! Writes the JavaScript and the TypeScript types beside a module of wasm-bindgen.
//!
//! A program of its own, because what it stands on compiles for a minute: only the build of the npm
//! package runs it. It is in the workspace, so that one lock file holds its version and the macro's.

use std::env;

use anyhow::{Context as _, Result};
use wasm_bindgen_cli_support::Bindgen;

/// `wasm-glue MODULE.wasm FOLDER NAME`
fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let mut next = |what| arguments.next().with_context(|| format!("which {what}?"));
    let (module, folder, name) = (next("module")?, next("folder")?, next("name")?);
    Bindgen::new()
        .input_path(module)
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
