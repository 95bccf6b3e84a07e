//! Rust, by `syn`.

mod place;
mod syntax;

use std::ops::Range;

use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, BinOp, Expr, Lit, Pat, Token, UnOp, Visibility};

use self::syntax::{
    bindings, fields, imports, is_test, matches_arguments, of_field, of_path, operand, path, plain,
    range,
};
use crate::collected::Collected;
use crate::error::Error;
use crate::fact::{Comparison, Fact, FactKind, Function, Operand};
use crate::path::Path;
use crate::position::Position;

pub(crate) fn collect(text: &str) -> Result<Collected, Error> {
    read(text, || {
        let file = syn::parse_file(text)?;
        let mut reader = Reader {
            test: is_test(&file.attrs),
            ..Reader::default()
        };
        reader.visit_file(&file);
        Ok(reader.into)
    })
}

/// Whether it is made of tokens, and brackets close: the syntax tree takes four times as long.
pub(crate) fn check(text: &str) -> Result<(), Error> {
    read(text, || {
        if text.parse::<proc_macro2::TokenStream>().is_ok() {
            return Ok(());
        }
        syn::parse_file(text).map(drop)
    })
}

fn read<T>(text: &str, parse: impl FnOnce() -> syn::Result<T>) -> Result<T, Error> {
    let collected = parse().map_err(|error| Error::Syntax {
        position: Position::of(text, error.span().byte_range().start),
        message: error.to_string(),
    });
    // what spans point into would otherwise stay until the thread ends
    proc_macro2::extra::invalidate_current_thread_spans();
    collected
}

#[derive(Default)]
struct Reader {
    into: Collected,
    function: Option<usize>,
    test: bool,
    /// What a closure that comes next is bound to or passed to.
    name: Option<String>,
    passed_to: Option<(Path, Option<String>)>,
    starts: place::Starts,
}

impl Reader {
    /// Where an expression begins.
    fn start(&mut self, expr: &Expr) -> usize {
        self.starts.of(expr)
    }

    fn add(&mut self, range: Range<usize>, kind: FactKind) {
        self.into.facts.push(Fact {
            kind,
            range,
            function: self.function,
            test: self.test,
        });
    }

    fn compare(&mut self, range: Range<usize>, left: Operand, right: Operand) {
        let comparison = Comparison::Equal;
        self.add(
            range,
            FactKind::Compare {
                comparison,
                left,
                right,
            },
        );
    }

    fn test_of(&mut self, expr: &Expr, negated: bool) {
        let expr = plain(expr);
        if matches!(expr, Expr::Path(_) | Expr::Field(_) | Expr::MethodCall(_)) {
            let operand = operand(expr);
            let range = self.start(expr)..place::end(expr);
            self.add(range, FactKind::Test { operand, negated });
        }
    }

    /// The texts and paths of a pattern are compared with what is matched.
    fn pattern(&mut self, matched: &Operand, pattern: &Pat) {
        match pattern {
            Pat::Lit(lit) => {
                if let Lit::Str(text) = &lit.lit {
                    let right = Operand::Text(text.value());
                    self.compare(range(lit), matched.clone(), right);
                }
            }
            Pat::Path(path) if path.path.segments.len() > 1 => {
                let right = Operand::Path(of_path(&path.path));
                self.compare(range(path), matched.clone(), right);
            }
            Pat::Or(or) => or.cases.iter().for_each(|p| self.pattern(matched, p)),
            Pat::Paren(paren) => self.pattern(matched, &paren.pat),
            Pat::Reference(reference) => self.pattern(matched, &reference.pat),
            Pat::Tuple(tuple) => tuple.elems.iter().for_each(|p| self.pattern(matched, p)),
            Pat::TupleStruct(tuple) => tuple.elems.iter().for_each(|p| self.pattern(matched, p)),
            _ => {}
        }
    }

    fn in_function(&mut self, function: Function, test: bool, inside: impl FnOnce(&mut Self)) {
        let before = (self.function, self.test);
        let parent = self.function;
        self.function = Some(self.into.functions.len());
        self.into.functions.push(Function { parent, ..function });
        self.test |= test;
        inside(self);
        (self.function, self.test) = before;
    }

    fn signature(
        &mut self,
        range: Range<usize>,
        signature: &syn::Signature,
        attributes: &[Attribute],
        inside: impl FnOnce(&mut Self),
    ) {
        let parameters = signature.inputs.iter().filter_map(|input| match input {
            syn::FnArg::Receiver(_) => None,
            syn::FnArg::Typed(typed) => Some(&*typed.pat),
        });
        let function = Function {
            name: Some(signature.ident.to_string()),
            parameters: parameters.flat_map(bindings).collect(),
            range,
            ..Function::default()
        };
        self.in_function(function, is_test(attributes), inside);
    }

    fn calls(&mut self, range: Range<usize>, callee: Path, arguments: &[&Expr]) {
        let values: Vec<Operand> = arguments.iter().map(|e| operand(e)).collect();
        let text = values.iter().find_map(Operand::text).map(str::to_owned);
        let passed = Some((callee.clone(), text));
        self.add(
            range,
            FactKind::Call {
                callee,
                arguments: values,
            },
        );
        for argument in arguments {
            if matches!(plain(argument), Expr::Closure(_)) {
                self.passed_to.clone_from(&passed);
            }
            self.visit_expr(argument);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut found = Vec::new();
        imports(&item.tree, &mut Vec::new(), &mut found);
        for (module, names) in found {
            self.add(range(item), FactKind::Import { module, names });
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let range = place::of_function(&item.attrs, &item.vis, None, &item.sig, &item.block);
        self.signature(range, &item.sig, &item.attrs, |reader| {
            visit::visit_item_fn(reader, item);
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        let default = item.defaultness;
        let range = place::of_function(&item.attrs, &item.vis, default, &item.sig, &item.block);
        self.signature(range, &item.sig, &item.attrs, |reader| {
            visit::visit_impl_item_fn(reader, item);
        });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.signature(range(item), &item.sig, &item.attrs, |reader| {
            visit::visit_trait_item_fn(reader, item);
        });
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let before = self.test;
        self.test |= is_test(&item.attrs);
        visit::visit_item_mod(self, item);
        self.test = before;
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        let function = Function {
            name: self.name.take(),
            parameters: closure.inputs.iter().flat_map(bindings).collect(),
            range: place::of_closure(closure),
            passed_to: self.passed_to.take(),
            ..Function::default()
        };
        self.in_function(function, false, |reader| {
            visit::visit_expr_closure(reader, closure);
        });
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        let name = Path(vec![item.ident.to_string()]);
        let value = operand(&item.expr);
        let start = place::of_item(&item.attrs, &item.vis, item.const_token.span);
        let range = start..item.semi_token.span.byte_range().end;
        self.add(range, FactKind::Definition { name, value });
        visit::visit_item_const(self, item);
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        let name = Path(vec![item.ident.to_string()]);
        let value = operand(&item.expr);
        let start = place::of_item(&item.attrs, &item.vis, item.static_token.span);
        let range = start..item.semi_token.span.byte_range().end;
        self.add(range, FactKind::Definition { name, value });
        visit::visit_item_static(self, item);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        let pattern = match &local.pat {
            Pat::Type(typed) => &typed.pat,
            other => other,
        };
        if let (Pat::Ident(name), Some(init)) = (pattern, &local.init) {
            let value = operand(&init.expr);
            let name = name.ident.to_string();
            if matches!(plain(&init.expr), Expr::Closure(_)) {
                self.name = Some(name.clone());
            }
            let name = Path(vec![name]);
            let own = local.let_token.span;
            let start = place::of_item(&local.attrs, &Visibility::Inherited, own);
            let range = start..local.semi_token.span.byte_range().end;
            self.add(range, FactKind::Definition { name, value });
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.visit_expr(&call.receiver);
        let callee = path(&call.receiver).with(call.method.to_string());
        let arguments: Vec<&Expr> = call.args.iter().collect();
        let start = self.start(&call.receiver);
        let range = start..place::close(&call.paren_token);
        self.calls(range, callee, &arguments);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        let arguments: Vec<&Expr> = call.args.iter().collect();
        let range = self.start(&call.func)..place::close(&call.paren_token);
        self.calls(range, path(&call.func), &arguments);
        // the name called is no value that is read
        if !matches!(plain(&call.func), Expr::Path(_)) {
            self.visit_expr(&call.func);
        }
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let comparison = match binary.op {
            BinOp::Eq(_) => Some(Comparison::Equal),
            BinOp::Ne(_) => Some(Comparison::NotEqual),
            BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) => Some(Comparison::Order),
            BinOp::And(_) | BinOp::Or(_) => {
                self.test_of(&binary.left, false);
                self.test_of(&binary.right, false);
                None
            }
            _ => None,
        };
        if let Some(comparison) = comparison {
            let (left, right) = (operand(&binary.left), operand(&binary.right));
            let compare = FactKind::Compare {
                comparison,
                left,
                right,
            };
            let range = self.start(&binary.left)..place::end(&binary.right);
            self.add(range, compare);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        if matches!(unary.op, UnOp::Not(_)) {
            self.test_of(&unary.expr, true);
        }
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_if(&mut self, branch: &'ast syn::ExprIf) {
        self.test_of(&branch.cond, false);
        visit::visit_expr_if(self, branch);
    }

    fn visit_expr_while(&mut self, branch: &'ast syn::ExprWhile) {
        self.test_of(&branch.cond, false);
        visit::visit_expr_while(self, branch);
    }

    fn visit_expr_let(&mut self, branch: &'ast syn::ExprLet) {
        self.pattern(&operand(&branch.expr), &branch.pat);
        visit::visit_expr_let(self, branch);
    }

    fn visit_expr_match(&mut self, matched: &'ast syn::ExprMatch) {
        let left = operand(&matched.expr);
        for arm in &matched.arms {
            self.pattern(&left, &arm.pat);
        }
        visit::visit_expr_match(self, matched);
    }

    fn visit_expr_field(&mut self, field: &'ast syn::ExprField) {
        let range = self.start(&field.base)..range(&field.member).end;
        self.add(range, FactKind::Read(of_field(field)));
        // the members inside are parts of this one
        let mut base = plain(&field.base);
        while let Expr::Field(inner) = base {
            base = plain(&inner.base);
        }
        self.visit_expr(base);
    }

    fn visit_expr_path(&mut self, expr: &'ast syn::ExprPath) {
        if expr.path.segments.len() > 1 {
            self.add(range(expr), FactKind::Read(of_path(&expr.path)));
        }
    }

    fn visit_expr_struct(&mut self, expr: &'ast syn::ExprStruct) {
        let element = FactKind::Element {
            name: of_path(&expr.path),
            attributes: fields(expr),
        };
        let start = match &expr.qself {
            Some(qself) => qself.lt_token.span.byte_range().start,
            None => place::of_path(&expr.path),
        };
        let range = start..expr.brace_token.span.close().byte_range().end;
        self.add(range, element);
        visit::visit_expr_struct(self, expr);
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.add(text.span().byte_range(), FactKind::Text(text.value()));
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {
        // texts in attributes and documentation are none of the program's
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        let name = format!("{}!", of_path(&item.path));
        if item.path.is_ident("matches")
            && let Ok((matched, pattern)) = matches_arguments.parse2(item.tokens.clone())
        {
            self.pattern(&operand(&matched), &pattern);
            self.visit_expr(&matched);
            return;
        }
        let arguments = Punctuated::<Expr, Token![,]>::parse_terminated;
        if let Ok(arguments) = arguments.parse2(item.tokens.clone()) {
            let arguments: Vec<&Expr> = arguments.iter().collect();
            self.calls(place::of_macro(item), Path(vec![name]), &arguments);
        } else if let Ok(statements) = syn::Block::parse_within.parse2(item.tokens.clone()) {
            for statement in &statements {
                self.visit_stmt(statement);
            }
        }
    }
}
