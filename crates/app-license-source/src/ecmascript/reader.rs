//! What is read, as facts.

use std::ops::Range;

use oxc_ast::ast::{
    BindingPattern, Expression, FormalParameters, LogicalExpression, LogicalOperator,
};
use oxc_ast_visit::Visit;
use oxc_span::{GetSpan, Span};

use super::value::{self, key, operand, plain};
use crate::collected::Collected;
use crate::fact::{Fact, FactKind, Function, Operand};
use crate::path::Path;

#[derive(Default)]
pub(super) struct Reader {
    pub(super) into: Collected,
    pub(super) function: Option<usize>,
    /// What a function that comes next is bound to or passed to.
    pub(super) name: Option<String>,
    pub(super) passed_to: Option<(Path, Option<String>)>,
    /// What the object that comes next is passed to: `makeResolver({ … })`.
    pub(super) object_to: Option<Path>,
    /// What the `if` returns whose test comes next.
    pub(super) returns: Option<Operand>,
    /// Whether the chain that comes next is the left part of one that has been read.
    pub(super) in_chain: bool,
}

pub(super) fn range(span: Span) -> Range<usize> {
    let at = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    at(span.start)..at(span.end)
}

impl Reader {
    pub(super) fn add(&mut self, span: Span, kind: FactKind) {
        self.into.facts.push(Fact {
            kind,
            range: range(span),
            function: self.function,
            test: false,
        });
    }

    pub(super) fn test(&mut self, expression: &Expression<'_>, negated: bool) {
        let mut expression = plain(expression);
        // the left part of a chain is tested where the chain is visited
        while let Expression::LogicalExpression(chain) = expression
            && !chain.operator.is_coalesce()
        {
            expression = plain(&chain.right);
        }
        let operand = operand(expression);
        if matches!(operand, Operand::Path(_)) {
            let span = expression.span();
            self.add(span, FactKind::Test { operand, negated });
        }
    }

    /// A chain of `&&` or of `||`, once for all of its parts.
    pub(super) fn chain(&mut self, it: &LogicalExpression<'_>) {
        let returns = self.returns.take();
        let (mut conditions, mut left) = (vec![value::condition(&it.right)], plain(&it.left));
        let same = matches!(left, Expression::LogicalExpression(l) if l.operator == it.operator);
        if std::mem::replace(&mut self.in_chain, same) {
            return;
        }
        loop {
            left = match left {
                Expression::LogicalExpression(inner) if inner.operator == it.operator => {
                    conditions.push(value::condition(&inner.right));
                    plain(&inner.left)
                }
                other => {
                    conditions.push(value::condition(other));
                    break;
                }
            };
        }
        conditions.reverse();
        let kind = FactKind::Chain {
            all: it.operator == LogicalOperator::And,
            conditions: conditions.into_iter().flatten().collect(),
            returns,
        };
        self.add(it.span, kind);
    }

    /// What a destructuring takes, as members of where it takes them from, and the names that it
    /// gives them.
    pub(super) fn destructure(&mut self, from: &Path, pattern: &BindingPattern<'_>) {
        match pattern {
            BindingPattern::ObjectPattern(object) => {
                for property in &object.properties {
                    let Some(name) = key(&property.key) else {
                        continue;
                    };
                    let member = from.clone().with(name);
                    let inner = match &property.value {
                        BindingPattern::AssignmentPattern(with_default) => &with_default.left,
                        other => other,
                    };
                    if !matches!(inner, BindingPattern::ObjectPattern(_)) {
                        self.add(property.span, FactKind::Read(member.clone()));
                    }
                    if let BindingPattern::BindingIdentifier(id) = inner {
                        let name = Path::named(&id.name);
                        let value = Operand::Path(member.clone());
                        if member != name {
                            self.add(property.span, FactKind::Definition { name, value });
                        }
                    }
                    self.destructure(&member, inner);
                }
            }
            BindingPattern::AssignmentPattern(with_default) => {
                self.destructure(from, &with_default.left);
            }
            BindingPattern::BindingIdentifier(_) | BindingPattern::ArrayPattern(_) => {}
        }
    }

    pub(super) fn in_function(
        &mut self,
        span: Span,
        name: Option<&str>,
        parameters: &FormalParameters<'_>,
        inside: impl FnOnce(&mut Self),
    ) {
        let bound = self.name.take();
        let function = Function {
            name: name.map(str::to_owned).or(bound),
            parameters: parameters
                .items
                .iter()
                .flat_map(|p| names(&p.pattern))
                .collect(),
            range: range(span),
            parent: self.function,
            passed_to: self.passed_to.take(),
        };
        let before = self.function;
        self.function = Some(self.into.functions.len());
        self.into.functions.push(function);
        for parameter in &parameters.items {
            self.destructure(&Path::default(), &parameter.pattern);
        }
        inside(self);
        self.function = before;
    }

    pub(super) fn call(
        &mut self,
        span: Span,
        callee: Path,
        arguments: &[oxc_ast::ast::Argument<'_>],
    ) {
        let expressions = arguments.iter().map(|a| a.as_expression());
        let values: Vec<Operand> = expressions
            .map(|e| e.map_or(Operand::Other, operand))
            .collect();
        let text = values.iter().find_map(Operand::text).map(str::to_owned);
        if let ("require" | "import", Some(module)) = (callee.last(), &text)
            && callee.len() == 1
        {
            let names = vec!["*".to_owned()];
            let module = module.clone();
            self.add(span, FactKind::Import { module, names });
        }
        let passed = Some((callee.clone(), text));
        let kind = FactKind::Call {
            callee,
            arguments: values,
        };
        self.add(span, kind);
        for argument in arguments {
            let function = argument.as_expression().is_some_and(is_function);
            if function {
                self.passed_to.clone_from(&passed);
            }
            let object = argument
                .as_expression()
                .is_some_and(|e| matches!(plain(e), Expression::ObjectExpression(_)));
            if object && let Some((callee, _)) = &passed {
                self.object_to = Some(callee.clone());
            }
            self.visit_argument(argument);
            self.object_to = None;
        }
    }
}

impl Reader {
    /// What a member is read of; members inside are parts of the outer one.
    pub(super) fn base(&mut self, object: &Expression<'_>) {
        let mut base = plain(object);
        loop {
            base = match base {
                Expression::StaticMemberExpression(member) => plain(&member.object),
                Expression::ComputedMemberExpression(member) => {
                    if operand(&member.expression).text().is_none() {
                        self.visit_expression(&member.expression);
                    }
                    plain(&member.object)
                }
                other => return self.visit_expression(other),
            }
        }
    }
}

pub(super) fn is_function(expression: &Expression<'_>) -> bool {
    matches!(
        plain(expression),
        Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_)
    )
}

/// The names that a parameter binds; destructured ones by their keys.
pub(super) fn names(pattern: &BindingPattern<'_>) -> Vec<String> {
    match pattern {
        BindingPattern::BindingIdentifier(id) => vec![id.name.to_string()],
        BindingPattern::ObjectPattern(object) => {
            let properties = object.properties.iter();
            properties
                .filter_map(|property| key(&property.key))
                .collect()
        }
        BindingPattern::ArrayPattern(array) => {
            array.elements.iter().flatten().flat_map(names).collect()
        }
        BindingPattern::AssignmentPattern(with_default) => names(&with_default.left),
    }
}
