//! Where expressions begin and end, without looking at what is between: a span of `syn` does, so that
//! a long chain of calls, or closures in closures, would be read as often as it is long.

use std::ops::Range;

use syn::spanned::Spanned;
use syn::{
    AttrStyle, Attribute, Block, Expr, ExprClosure, Macro, MacroDelimiter, Signature, Visibility,
    token,
};

/// Where expressions begin; the last one is known.
#[derive(Default)]
pub(super) struct Starts {
    last: Option<(*const Expr, usize)>,
}

impl Starts {
    pub(super) fn of(&mut self, expr: &Expr) -> usize {
        let mut first = expr;
        loop {
            first = match first {
                Expr::MethodCall(e) => &e.receiver,
                Expr::Field(e) => &e.base,
                Expr::Call(e) => &e.func,
                Expr::Index(e) => &e.expr,
                Expr::Try(e) => &e.expr,
                Expr::Await(e) => &e.base,
                Expr::Cast(e) => &e.expr,
                Expr::Binary(e) => &e.left,
                other => break self.leaf(other),
            };
        }
    }

    /// The calls of a chain have one beginning.
    fn leaf(&mut self, expr: &Expr) -> usize {
        let at = std::ptr::from_ref(expr);
        if let Some((last, start)) = self.last
            && last == at
        {
            return start;
        }
        let start = first_token(expr).unwrap_or_else(|| expr.span().byte_range().start);
        self.last = Some((at, start));
        start
    }
}

/// Where a pair of parentheses ends.
pub(super) fn close(paren: &token::Paren) -> usize {
    paren.span.close().byte_range().end
}

/// A closure, from its first bar.
pub(super) fn of_closure(closure: &ExprClosure) -> Range<usize> {
    closure.or1_token.span.byte_range().start..end(&closure.body)
}

/// The first token of an expression that begins with one of its own.
fn first_token(expr: &Expr) -> Option<usize> {
    let span = match expr {
        Expr::Paren(e) => e.paren_token.span.open(),
        Expr::Tuple(e) => e.paren_token.span.open(),
        Expr::Array(e) => e.bracket_token.span.open(),
        Expr::Closure(e) => e.or1_token.span,
        Expr::Reference(e) => e.and_token.span,
        Expr::Match(e) => e.match_token.span,
        Expr::If(e) => e.if_token.span,
        Expr::Unsafe(e) => e.unsafe_token.span,
        Expr::Block(e) if e.label.is_none() => e.block.brace_token.span.open(),
        Expr::Async(e) => e.async_token.span,
        Expr::Struct(e) if e.qself.is_none() => return Some(of_path(&e.path)),
        Expr::Macro(e) => return Some(of_path(&e.mac.path)),
        _ => return None,
    };
    Some(span.byte_range().start)
}

/// Where a path begins.
pub(super) fn of_path(path: &syn::Path) -> usize {
    let colons = path.leading_colon.map(|colons| colons.spans[0]);
    let first = path.segments.first().map(|segment| segment.ident.span());
    colons.or(first).map_or(0, |span| span.byte_range().start)
}

/// Where an expression ends.
pub(super) fn end(expr: &Expr) -> usize {
    let mut last = expr;
    let span = loop {
        last = match last {
            Expr::Closure(e) => &e.body,
            Expr::Unary(e) => &e.expr,
            Expr::Reference(e) => &e.expr,
            Expr::Binary(e) => &e.right,
            Expr::Assign(e) => &e.right,
            Expr::Let(e) => &e.expr,
            Expr::MethodCall(e) => return close(&e.paren_token),
            Expr::Call(e) => return close(&e.paren_token),
            Expr::Paren(e) => return close(&e.paren_token),
            Expr::Tuple(e) => return close(&e.paren_token),
            Expr::Macro(e) => return of_macro(&e.mac).end,
            Expr::Array(e) => break e.bracket_token.span.close(),
            Expr::Index(e) => break e.bracket_token.span.close(),
            Expr::Struct(e) => break e.brace_token.span.close(),
            Expr::Match(e) => break e.brace_token.span.close(),
            Expr::Block(e) => break e.block.brace_token.span.close(),
            Expr::Unsafe(e) => break e.block.brace_token.span.close(),
            Expr::Async(e) => break e.block.brace_token.span.close(),
            Expr::If(e) => match &e.else_branch {
                Some((_, other)) => other,
                None => break e.then_branch.brace_token.span.close(),
            },
            Expr::Try(e) => break e.question_token.span,
            Expr::Await(e) => break e.await_token.span,
            Expr::Field(e) => break e.member.span(),
            other => break other.span(),
        };
    };
    span.byte_range().end
}

/// A call of a macro, to the end of its arguments.
pub(super) fn of_macro(called: &Macro) -> Range<usize> {
    let delimiter = match &called.delimiter {
        MacroDelimiter::Paren(it) => it.span,
        MacroDelimiter::Brace(it) => it.span,
        MacroDelimiter::Bracket(it) => it.span,
    };
    of_path(&called.path)..delimiter.close().byte_range().end
}

/// Where an item begins: with an attribute, or `pub`, or the first of its own tokens.
pub(super) fn of_item(
    attributes: &[Attribute],
    visibility: &Visibility,
    own: proc_macro2::Span,
) -> usize {
    let mut outer = attributes.iter();
    let outer = outer.find(|attribute| matches!(attribute.style, AttrStyle::Outer));
    let visible = match visibility {
        Visibility::Public(token) => Some(token.span),
        Visibility::Restricted(it) => Some(it.pub_token.span),
        Visibility::Inherited => None,
    };
    let first = outer.map(|attribute| attribute.pound_token.span);
    first.or(visible).unwrap_or(own).byte_range().start
}

/// A function, from its attributes to the end of its block.
pub(super) fn of_function(
    attributes: &[Attribute],
    visibility: &Visibility,
    default: Option<token::Default>,
    signature: &Signature,
    block: &Block,
) -> Range<usize> {
    let own = [
        default.map(|token| token.span),
        signature.constness.map(|token| token.span),
        signature.asyncness.map(|token| token.span),
        signature.unsafety.map(|token| token.span),
        signature.abi.as_ref().map(|abi| abi.extern_token.span),
    ];
    let own = own.into_iter().flatten().next();
    let own = own.unwrap_or(signature.fn_token.span);
    let end = block.brace_token.span.close().byte_range().end;
    of_item(attributes, visibility, own)..end
}

#[cfg(test)]
mod tests {
    use syn::visit::{self, Visit};
    use syn::{ImplItemFn, ItemConst, ItemFn, ItemStatic, Local};

    use super::*;

    /// Compares each place with what the tokens of the whole node say.
    #[derive(Default)]
    struct Compared(usize);

    impl Compared {
        fn same(&mut self, found: Range<usize>, node: &impl Spanned) {
            assert_eq!(found, node.span().byte_range());
            self.0 = self.0.saturating_add(1);
        }
    }

    impl<'ast> Visit<'ast> for Compared {
        fn visit_expr(&mut self, expr: &'ast Expr) {
            // a closure is said to begin with its first bar, not with `move`
            if !matches!(expr, Expr::Closure(_)) {
                self.same(Starts::default().of(expr)..end(expr), expr);
            }
            visit::visit_expr(self, expr);
        }

        fn visit_macro(&mut self, called: &'ast Macro) {
            self.same(of_macro(called), called);
        }

        fn visit_item_fn(&mut self, item: &'ast ItemFn) {
            let found = of_function(&item.attrs, &item.vis, None, &item.sig, &item.block);
            self.same(found, item);
            visit::visit_item_fn(self, item);
        }

        fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
            let default = item.defaultness;
            let found = of_function(&item.attrs, &item.vis, default, &item.sig, &item.block);
            self.same(found, item);
            visit::visit_impl_item_fn(self, item);
        }

        fn visit_item_const(&mut self, item: &'ast ItemConst) {
            let start = of_item(&item.attrs, &item.vis, item.const_token.span);
            self.same(start..item.semi_token.span.byte_range().end, item);
            visit::visit_item_const(self, item);
        }

        fn visit_item_static(&mut self, item: &'ast ItemStatic) {
            let start = of_item(&item.attrs, &item.vis, item.static_token.span);
            self.same(start..item.semi_token.span.byte_range().end, item);
            visit::visit_item_static(self, item);
        }

        fn visit_local(&mut self, local: &'ast Local) {
            let own = local.let_token.span;
            let start = of_item(&local.attrs, &Visibility::Inherited, own);
            self.same(start..local.semi_token.span.byte_range().end, local);
            visit::visit_local(self, local);
        }
    }

    const SOME: &str = r#"
        #[inline] pub(crate) const unsafe extern "C" fn a() -> u8 { 1 }
        impl A { #[a] default async fn b(&self) { self.0 } pub const fn c() {} unsafe fn d() {} }
        pub static S: &[u8] = &[1, 2]; const C: A = A { a: 1, ..A::new() };
        fn e() {
            #[allow(x)] let a = ::b::c!(d).e[1]?.f.await;
            let f = if a { 1 } else if b { 2 } else { 3 } + -d as u8;
            let g = move |x: u8| async move { x.y() };
            let h = match a { _ => unsafe { 1 } }.i(|| loop { break 'a 1 });
            let j = (a, b).0 .. <A as B>::C; let k = "\u{e4}ö" == [1; 2]; let l = 'x: { return };
            l = *m; let o = <A>::B { c: 1 }; let p = (|| 1)();
            let Some(q) = r else { return }; while let Some(s) = t.next() {}
        }
    "#;

    #[test]
    fn places_are_those_of_the_tokens() {
        let mut compared = Compared::default();
        compared.visit_file(&syn::parse_file(SOME).unwrap());
        assert!(compared.0 > 60, "{}", compared.0);
        for file in [
            include_str!("../rust.rs"),
            include_str!("place.rs"),
            include_str!("../tree.rs"),
            include_str!("../capability_use.rs"),
        ] {
            compared.visit_file(&syn::parse_file(file).unwrap());
        }
        assert!(compared.0 > 2_000, "{}", compared.0);
    }
}
