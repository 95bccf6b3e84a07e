//! Expressions as values and names.

use oxc_ast::ast::{
    BinaryOperator, ChainElement, Expression, JSXElementName, JSXMemberExpressionObject,
    LogicalOperator, ObjectPropertyKind, PropertyKey, Statement, TemplateLiteral, UnaryOperator,
};

use crate::fact::{Condition, Operand};
use crate::path::{MAX_PARTS, Path};

/// Without what changes nothing about which value it is.
pub(super) fn plain<'e, 'a>(mut expression: &'e Expression<'a>) -> &'e Expression<'a> {
    loop {
        expression = match expression {
            Expression::ParenthesizedExpression(e) => &e.expression,
            Expression::AwaitExpression(e) => &e.argument,
            Expression::TSAsExpression(e) => &e.expression,
            Expression::TSSatisfiesExpression(e) => &e.expression,
            Expression::TSNonNullExpression(e) => &e.expression,
            Expression::TSTypeAssertion(e) => &e.expression,
            other => return other,
        }
    }
}

pub(super) fn operand(expression: &Expression<'_>) -> Operand {
    match plain(expression) {
        Expression::StringLiteral(text) => Operand::Text(text.value.to_string()),
        Expression::TemplateLiteral(text) => template(text).map_or(Operand::Other, Operand::Text),
        Expression::BooleanLiteral(value) => Operand::Bool(value.value),
        Expression::NumericLiteral(number) => Operand::Number(number.value.to_string()),
        Expression::NullLiteral(_) => Operand::Nothing,
        Expression::Identifier(id) if id.name == "undefined" => Operand::Nothing,
        Expression::ObjectExpression(object) => {
            let properties = object
                .properties
                .iter()
                .filter_map(|property| match property {
                    ObjectPropertyKind::ObjectProperty(p) => {
                        Some((key(&p.key)?, operand(&p.value)))
                    }
                    ObjectPropertyKind::SpreadProperty(_) => None,
                });
            Operand::Object(properties.collect())
        }
        Expression::ArrayExpression(array) => {
            let texts: Option<Vec<String>> = array
                .elements
                .iter()
                .map(|e| operand(e.as_expression()?).text().map(str::to_owned))
                .collect();
            texts.map_or(Operand::Other, Operand::Texts)
        }
        other => match path(other) {
            path if path == Path::unnamed() => Operand::Other,
            path => Operand::Path(path),
        },
    }
}

/// What a name is defined as: of `a.b ?? c` and `a.b || c` the first, of `a && a.b` the last.
pub(super) fn defined(expression: &Expression<'_>) -> Operand {
    let mut expression = plain(expression);
    while let Expression::LogicalExpression(chain) = expression {
        expression = plain(match chain.operator {
            LogicalOperator::And => &chain.right,
            LogicalOperator::Or | LogicalOperator::Coalesce => &chain.left,
        });
    }
    operand(expression)
}

/// The sides of a comparison; `typeof x === "undefined"` compares `x` with nothing.
pub(super) fn compared(left: &Expression<'_>, right: &Expression<'_>) -> (Operand, Operand) {
    let asked = |side: &Expression<'_>| match plain(side) {
        Expression::UnaryExpression(unary) if unary.operator == UnaryOperator::Typeof => {
            Some(operand(&unary.argument))
        }
        _ => None,
    };
    let undefined = |side: &Operand| side.text() == Some("undefined");
    let sides = (operand(left), operand(right));
    match (asked(left), asked(right)) {
        (Some(value), None) if undefined(&sides.1) => (value, Operand::Nothing),
        (None, Some(value)) if undefined(&sides.0) => (value, Operand::Nothing),
        _ => sides,
    }
}

/// What a part of a chain tests; `None` for what is no value alone.
pub(super) fn condition(expression: &Expression<'_>) -> Option<Condition> {
    let mut expression = plain(expression);
    let mut holds = true;
    while let Expression::UnaryExpression(not) = expression
        && not.operator == UnaryOperator::LogicalNot
    {
        holds = !holds;
        expression = plain(&not.argument);
    }
    let path = match expression {
        Expression::BinaryExpression(compared) => {
            let equal = match compared.operator {
                BinaryOperator::Equality | BinaryOperator::StrictEquality => true,
                BinaryOperator::Inequality | BinaryOperator::StrictInequality => false,
                _ => return None,
            };
            let with = match operand(&compared.right) {
                Operand::Bool(value) => value,
                Operand::Nothing => false,
                _ => return None,
            };
            holds = holds == (equal == with);
            operand(&compared.left)
        }
        other => operand(other),
    };
    match path {
        Operand::Path(path) => Some(Condition { path, holds }),
        _ => None,
    }
}

/// What a statement returns, when that is what it does; nothing where it throws.
pub(super) fn returned(statement: &Statement<'_>) -> Option<Operand> {
    let of = |statement: &Statement<'_>| match statement {
        Statement::ReturnStatement(returned) => {
            Some(returned.argument.as_ref().map_or(Operand::Nothing, operand))
        }
        Statement::ThrowStatement(_) => Some(Operand::Nothing),
        _ => None,
    };
    match statement {
        Statement::BlockStatement(block) => block.body.iter().find_map(of),
        other => of(other),
    }
}

/// A template without placeholders.
pub(super) fn template(template: &TemplateLiteral<'_>) -> Option<String> {
    match (template.quasis.as_slice(), template.expressions.is_empty()) {
        ([only], true) => only.value.cooked.as_ref().map(ToString::to_string),
        _ => None,
    }
}

pub(super) fn path(expression: &Expression<'_>) -> Path {
    path_within(expression, MAX_PARTS)
}

/// A long chain of calls is named by its last parts, so that reading it stays linear.
fn path_within(expression: &Expression<'_>, parts: usize) -> Path {
    let Some(left) = parts.checked_sub(1) else {
        return Path::unnamed();
    };
    let of = |object: &Expression<'_>| path_within(object, left);
    match plain(expression) {
        Expression::Identifier(id) => Path(vec![id.name.to_string()]),
        Expression::ThisExpression(_) => Path(vec!["this".to_owned()]),
        Expression::StaticMemberExpression(member) => {
            of(&member.object).with(member.property.name.as_str())
        }
        Expression::ComputedMemberExpression(member) => {
            of(&member.object).with(computed(&member.expression))
        }
        Expression::CallExpression(call) => of(&call.callee).called(),
        Expression::NewExpression(call) => of(&call.callee).called(),
        Expression::ChainExpression(chain) => match &chain.expression {
            ChainElement::CallExpression(call) => of(&call.callee).called(),
            ChainElement::TSNonNullExpression(e) => of(&e.expression),
            ChainElement::StaticMemberExpression(member) => {
                of(&member.object).with(member.property.name.as_str())
            }
            ChainElement::ComputedMemberExpression(member) => {
                of(&member.object).with(computed(&member.expression))
            }
            ChainElement::PrivateFieldExpression(_) => Path::unnamed(),
        },
        _ => Path::unnamed(),
    }
}

/// What stands between brackets, where it is a text.
fn computed(expression: &Expression<'_>) -> String {
    match plain(expression) {
        Expression::StringLiteral(text) => text.value.to_string(),
        Expression::TemplateLiteral(text) => template(text).unwrap_or_else(|| "*".to_owned()),
        _ => "*".to_owned(),
    }
}

pub(super) fn key(key: &PropertyKey<'_>) -> Option<String> {
    key.static_name().map(|name| name.to_string())
}

pub(super) fn element_name(name: &JSXElementName<'_>) -> Path {
    match name {
        JSXElementName::Identifier(id) => Path(vec![id.name.to_string()]),
        JSXElementName::IdentifierReference(id) => Path(vec![id.name.to_string()]),
        JSXElementName::MemberExpression(member) => {
            let mut parts = vec![member.property.name.to_string()];
            let mut object = &member.object;
            loop {
                object = match object {
                    JSXMemberExpressionObject::IdentifierReference(id) => {
                        parts.push(id.name.to_string());
                        break;
                    }
                    JSXMemberExpressionObject::MemberExpression(inner) => {
                        parts.push(inner.property.name.to_string());
                        &inner.object
                    }
                    JSXMemberExpressionObject::ThisExpression(_) => {
                        parts.push("this".to_owned());
                        break;
                    }
                };
            }
            parts.reverse();
            Path(parts)
        }
        _ => Path::unnamed(),
    }
}
