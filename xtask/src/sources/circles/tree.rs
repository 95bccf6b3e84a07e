//! The modules of a crate, and what their code names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) modules: Vec<Module>,
    pub(super) references: Vec<Reference>,
    /// Which module defines a `macro_rules!`: such a name is in scope without a path.
    pub(super) macros: BTreeMap<String, usize>,
}

#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) file: PathBuf,
    pub(super) parent: Option<usize>,
    pub(super) names: Names,
}

/// What a module makes of names.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) children: BTreeMap<String, usize>,
    pub(super) items: BTreeSet<String>,
    pub(super) imports: BTreeMap<String, Vec<String>>,
    pub(super) globs: Vec<Vec<String>>,
}

/// A path in the code of a module.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) module: usize,
    pub(super) path: Vec<String>,
    pub(super) line: usize,
    pub(super) is_macro: bool,
}

impl Tree {
    /// Of the crate whose root is `root`, a file in `source`.
    pub(super) fn read(source: &Path, root: &str) -> Result<Self> {
        let mut tree = Self::default();
        tree.modules.push(Module {
            file: root.into(),
            ..Module::default()
        });
        tree.read_file(source, 0, Path::new(""))?;
        Ok(tree)
    }

    /// Reads the file of `module`; its child modules are in `folder`.
    fn read_file(&mut self, source: &Path, module: usize, folder: &Path) -> Result<()> {
        let Some(file) = self.modules.get(module).map(|it| source.join(&it.file)) else {
            return Ok(());
        };
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let parsed = syn::parse_file(&text).with_context(|| file.display().to_string())?;
        let mut reader = Reader {
            tree: self,
            source,
            folder: folder.to_owned(),
            module,
            result: Ok(()),
        };
        reader.visit_file(&parsed);
        reader.result
    }
}

struct Reader<'a> {
    tree: &'a mut Tree,
    source: &'a Path,
    folder: PathBuf,
    module: usize,
    result: Result<()>,
}

impl Reader<'_> {
    fn names(&mut self) -> Option<&mut Names> {
        let module = self.tree.modules.get_mut(self.module);
        module.map(|module| &mut module.names)
    }

    fn child(&mut self, item: &syn::ItemMod) -> Result<()> {
        let name = item.ident.to_string();
        let folder = self.folder.join(&name);
        let file = if item.content.is_some() {
            let this = self.tree.modules.get(self.module);
            this.map(|module| module.file.clone()).unwrap_or_default()
        } else {
            folder.with_extension("rs")
        };
        if item.attrs.iter().any(|it| it.path().is_ident("path")) {
            bail!("{}: a module with a `path`", file.display());
        }
        let child = self.tree.modules.len();
        self.tree.modules.push(Module {
            file,
            parent: Some(self.module),
            ..Module::default()
        });
        if let Some(names) = self.names() {
            names.children.insert(name, child);
        }
        let Some((_, items)) = &item.content else {
            return self.tree.read_file(self.source, child, &folder);
        };
        let mut inner = Reader {
            tree: &mut *self.tree,
            source: self.source,
            folder,
            module: child,
            result: Ok(()),
        };
        for item in items {
            inner.visit_item(item);
        }
        inner.result
    }

    fn import(&mut self, tree: &syn::UseTree, prefix: &[String], private: bool) {
        let with = |ident: &syn::Ident| [prefix, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.import(&path.tree, &with(&path.ident), private),
            syn::UseTree::Name(name) if name.ident == "self" => {
                if let (Some(last), Some(names)) = (prefix.last().cloned(), self.names()) {
                    names.imports.insert(last, prefix.to_vec());
                }
            }
            syn::UseTree::Name(name) => self.named(&name.ident, with(&name.ident), private),
            syn::UseTree::Rename(name) => self.named(&name.rename, with(&name.ident), private),
            syn::UseTree::Glob(_) => {
                if let Some(names) = self.names() {
                    names.globs.push(prefix.to_vec());
                }
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, prefix, private);
                }
            }
        }
    }

    fn named(&mut self, name: &syn::Ident, path: Vec<String>, private: bool) {
        if private {
            // the compiler warns of an import that no code uses
            self.refer(path.clone(), name.span().start().line, false);
        }
        if let Some(names) = self.names() {
            names.imports.insert(name.to_string(), path);
        }
    }

    fn refer(&mut self, path: Vec<String>, line: usize, is_macro: bool) {
        self.tree.references.push(Reference {
            module: self.module,
            path,
            line,
            is_macro,
        });
    }

    /// The paths in tokens that no parser of ours understands: a single lower-case name there is
    /// more often a field or a local variable than a function.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut line = 0;
        let mut colons = 0_u8;
        let finish = |reader: &mut Self, path: &mut Vec<String>, line: usize, called: bool| {
            let type_like = |name: &String| name.starts_with(char::is_uppercase);
            if path.len() > 1 || called || path.iter().any(type_like) {
                reader.refer(std::mem::take(path), line, false);
            }
            path.clear();
        };
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        finish(self, &mut path, line, false);
                    }
                    line = ident.span().start().line;
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons = colons.saturating_add(1);
                }
                TokenTree::Group(group) => {
                    let called = group.delimiter() == proc_macro2::Delimiter::Parenthesis;
                    finish(self, &mut path, line, called && colons == 0);
                    colons = 0;
                    self.tokens(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    finish(self, &mut path, line, false);
                    colons = 0;
                }
            }
        }
        finish(self, &mut path, line, false);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let (name, attributes) = match item {
            syn::Item::Const(it) => (Some(&it.ident), &it.attrs),
            syn::Item::Enum(it) => (Some(&it.ident), &it.attrs),
            syn::Item::Fn(it) => (Some(&it.sig.ident), &it.attrs),
            syn::Item::Macro(it) => (it.ident.as_ref(), &it.attrs),
            syn::Item::Static(it) => (Some(&it.ident), &it.attrs),
            syn::Item::Struct(it) => (Some(&it.ident), &it.attrs),
            syn::Item::Trait(it) => (Some(&it.ident), &it.attrs),
            syn::Item::Type(it) => (Some(&it.ident), &it.attrs),
            syn::Item::Union(it) => (Some(&it.ident), &it.attrs),
            syn::Item::Impl(it) => (None, &it.attrs),
            syn::Item::Mod(it) => (None, &it.attrs),
            syn::Item::Use(it) => (None, &it.attrs),
            _ => return,
        };
        if for_tests(attributes) {
            return;
        }
        if let (Some(name), Some(names)) = (name, self.names()) {
            names.items.insert(name.to_string());
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let read = self.child(item);
        if self.result.is_ok() {
            self.result = read;
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let private = matches!(item.vis, syn::Visibility::Inherited);
        self.import(&item.tree, &[], private);
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if let Some(name) = &item.ident {
            // its body is code of those who call it
            self.tree.macros.insert(name.to_string(), self.module);
        } else {
            self.visit_macro(&item.mac);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Const(it) => &it.attrs,
            syn::ImplItem::Fn(it) => &it.attrs,
            _ => return visit::visit_impl_item(self, item),
        };
        if !for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !for_tests(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_expr(&mut self, expression: &'ast syn::Expr) {
        let attributes: &[_] = match expression {
            syn::Expr::Block(it) => &it.attrs,
            syn::Expr::Call(it) => &it.attrs,
            syn::Expr::MethodCall(it) => &it.attrs,
            _ => &[],
        };
        if !for_tests(attributes) {
            visit::visit_expr(self, expression);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let names = path.segments.iter().map(|it| it.ident.to_string());
            self.refer(names.collect(), path.span().start().line, false);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        let names = called.path.segments.iter().map(|it| it.ident.to_string());
        self.refer(names.collect(), called.path.span().start().line, true);
        self.tokens(called.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
    }

    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}
}

fn for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let condition = attribute.parse_args::<syn::Path>();
        attribute.path().is_ident("cfg") && condition.is_ok_and(|it| it.is_ident("test"))
    })
}
