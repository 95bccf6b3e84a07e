//! Where expressions begin and end, without looking at what is between: a span of `syn` does, so that
//! a long chain of calls, or closures in closures, would be read as often as it is long.

use std::ops::Range;

use syn::spanned::Spanned;
use syn::{Expr, ExprClosure, token};

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
        let start = match expr {
            Expr::Paren(e) => e.paren_token.span.open().byte_range().start,
            Expr::Closure(e) => e.or1_token.span.byte_range().start,
            other => other.span().byte_range().start,
        };
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

fn end(expr: &Expr) -> usize {
    let mut last = expr;
    loop {
        last = match last {
            Expr::Closure(e) => &e.body,
            Expr::Unary(e) => &e.expr,
            Expr::Reference(e) => &e.expr,
            Expr::Binary(e) => &e.right,
            Expr::Assign(e) => &e.right,
            Expr::MethodCall(e) => return close(&e.paren_token),
            Expr::Call(e) => return close(&e.paren_token),
            Expr::Paren(e) => return close(&e.paren_token),
            Expr::Block(e) => return e.block.brace_token.span.close().byte_range().end,
            other => return other.span().byte_range().end,
        };
    }
}
