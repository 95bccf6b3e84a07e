//! Pieces of syntax as operands, paths and names.

use std::ops::Range;

use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Lit, Pat, Token, UnOp, UseTree};

use crate::fact::Operand;
use crate::path::{MAX_PARTS, Path};

pub(super) fn matches_arguments(input: ParseStream<'_>) -> syn::Result<(Expr, Pat)> {
    let matched = input.parse()?;
    input.parse::<Token![,]>()?;
    let pattern = Pat::parse_multi_with_leading_vert(input)?;
    // a guard behind `if` names nothing that is compared
    input.parse::<proc_macro2::TokenStream>()?;
    Ok((matched, pattern))
}

pub(super) fn range(node: &impl Spanned) -> Range<usize> {
    node.span().byte_range()
}

/// Without what changes nothing about which value it is.
pub(super) fn plain(mut expr: &Expr) -> &Expr {
    loop {
        expr = match expr {
            Expr::Paren(e) => &e.expr,
            Expr::Group(e) => &e.expr,
            Expr::Reference(e) => &e.expr,
            Expr::Try(e) => &e.expr,
            Expr::Await(e) => &e.base,
            Expr::Unary(e) if matches!(e.op, UnOp::Deref(_)) => &e.expr,
            other => return other,
        }
    }
}

pub(super) fn operand(expr: &Expr) -> Operand {
    match plain(expr) {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Str(text) => Operand::Text(text.value()),
            Lit::Bool(value) => Operand::Bool(value.value),
            Lit::Int(number) => Operand::Number(number.base10_digits().to_owned()),
            Lit::Float(number) => Operand::Number(number.base10_digits().to_owned()),
            _ => Operand::Other,
        },
        Expr::Path(path) if path.path.is_ident("None") => Operand::Nothing,
        // the value inside is what is compared
        Expr::Call(call) if is_some(&call.func) => {
            call.args.first().map_or(Operand::Other, operand)
        }
        Expr::Struct(expr) => Operand::Object(fields(expr)),
        Expr::Array(array) => texts(&array.elems),
        expr @ (Expr::Path(_) | Expr::Field(_) | Expr::MethodCall(_) | Expr::Call(_)) => {
            Operand::Path(path(expr))
        }
        _ => Operand::Other,
    }
}

pub(super) fn is_some(function: &Expr) -> bool {
    matches!(function, Expr::Path(path) if path.path.is_ident("Some"))
}

pub(super) fn texts(elements: &Punctuated<Expr, Token![,]>) -> Operand {
    let texts: Option<Vec<String>> = elements
        .iter()
        .map(|e| operand(e).text().map(str::to_owned))
        .collect();
    texts.map_or(Operand::Other, Operand::Texts)
}

pub(super) fn fields(expr: &syn::ExprStruct) -> Vec<(String, Operand)> {
    expr.fields
        .iter()
        .map(|field| (member(&field.member), operand(&field.expr)))
        .collect()
}

pub(super) fn member(member: &syn::Member) -> String {
    match member {
        syn::Member::Named(name) => name.to_string(),
        syn::Member::Unnamed(index) => index.index.to_string(),
    }
}

pub(super) fn path(expr: &Expr) -> Path {
    path_within(expr, MAX_PARTS)
}

/// A long chain of calls is named by its last parts, so that reading it stays linear.
pub(super) fn path_within(expr: &Expr, parts: usize) -> Path {
    let Some(left) = parts.checked_sub(1) else {
        return Path::unnamed();
    };
    match plain(expr) {
        Expr::Path(path) => of_path(&path.path),
        Expr::Field(field) => path_within(&field.base, left).with(member(&field.member)),
        Expr::MethodCall(call) => {
            path_within(&call.receiver, left).with(format!("{}()", call.method))
        }
        Expr::Call(call) => path_within(&call.func, left).called(),
        _ => Path::unnamed(),
    }
}

pub(super) fn of_field(field: &syn::ExprField) -> Path {
    path(&field.base).with(member(&field.member))
}

pub(super) fn of_path(path: &syn::Path) -> Path {
    Path(path.segments.iter().map(|s| s.ident.to_string()).collect())
}

pub(super) fn bindings(pattern: &Pat) -> Vec<String> {
    match pattern {
        Pat::Ident(name) => vec![name.ident.to_string()],
        Pat::Type(typed) => bindings(&typed.pat),
        Pat::Reference(reference) => bindings(&reference.pat),
        Pat::Paren(paren) => bindings(&paren.pat),
        Pat::Tuple(tuple) => tuple.elems.iter().flat_map(bindings).collect(),
        Pat::TupleStruct(tuple) => tuple.elems.iter().flat_map(bindings).collect(),
        Pat::Struct(it) => it
            .fields
            .iter()
            .map(|field| member(&field.member))
            .collect(),
        _ => Vec::new(),
    }
}

pub(super) fn imports(
    tree: &UseTree,
    module: &mut Vec<String>,
    found: &mut Vec<(String, Vec<String>)>,
) {
    let mut add = |module: &[String], name: String| {
        let module = module.join("::");
        match found.iter_mut().find(|(m, _)| *m == module) {
            Some((_, names)) => names.push(name),
            None => found.push((module, vec![name])),
        }
    };
    match tree {
        UseTree::Path(path) => {
            module.push(path.ident.to_string());
            imports(&path.tree, module, found);
            module.pop();
        }
        UseTree::Name(name) => add(module, name.ident.to_string()),
        UseTree::Rename(name) => add(module, name.ident.to_string()),
        UseTree::Glob(_) => add(module, "*".to_owned()),
        UseTree::Group(group) => {
            for tree in &group.items {
                imports(tree, module, found);
            }
        }
    }
}

/// `#[test]` in all its forms, and `#[cfg(test)]`.
pub(super) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        let named = path.segments.last().is_some_and(|s| s.ident == "test");
        let configured = path.is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|inside| inside.is_ident("test"));
        named || configured
    })
}
