//! TypeScript and JavaScript, by `oxc_parser`.

mod reader;
mod value;

use std::cell::RefCell;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    ArrowFunctionExpression, AssignmentExpression, AssignmentOperator, AssignmentTarget,
    BinaryExpression, BinaryOperator, BindingPattern, CallExpression, ComputedMemberExpression,
    ConditionalExpression, ExportAllDeclaration, ExportFromDeclaration, Expression,
    ImportDeclaration, ImportDeclarationSpecifier, JSXAttributeItem, JSXAttributeName,
    JSXAttributeValue, JSXOpeningElement, LogicalExpression, NewExpression, ObjectProperty,
    StaticMemberExpression, StringLiteral, SwitchStatement, TSEnumDeclaration, TSType,
    TemplateLiteral, UnaryExpression, UnaryOperator, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType};

use crate::collected::Collected;
use crate::error::Error;
use crate::fact::{Comparison, FactKind, Operand};
use crate::language::Language;
use crate::path::Path;
use crate::position::Position;

use reader::{Reader, is_function};
use value::{key, operand, path, plain};

pub(crate) fn collect(language: Language, text: &str) -> Result<Collected, Error> {
    read(language, text, true)
}

/// Whether the syntax is right.
pub(crate) fn check(language: Language, text: &str) -> Result<(), Error> {
    read(language, text, false).map(drop)
}

fn read(language: Language, text: &str, collect: bool) -> Result<Collected, Error> {
    let source_type = match language {
        Language::Tsx => SourceType::tsx(),
        Language::TypeScript => SourceType::ts(),
        // JSX is no syntax error in plain JavaScript, where bundlers take it
        _ => SourceType::jsx(),
    };
    let read = parse(source_type, text, collect);
    match read {
        // scripts of pages may have what modules may not: comments of HTML, say
        Err(error) if language == Language::JavaScript => {
            parse(SourceType::script(), text, collect).map_err(|_| error)
        }
        other => other,
    }
}

thread_local! {
    /// The memory of syntax trees: one after another.
    static ARENA: RefCell<Allocator> = RefCell::default();
}

fn parse(source_type: SourceType, text: &str, collect: bool) -> Result<Collected, Error> {
    ARENA.with_borrow_mut(|arena| {
        arena.reset();
        parse_in(arena, source_type, text, collect)
    })
}

fn parse_in(
    allocator: &Allocator,
    source_type: SourceType,
    text: &str,
    collect: bool,
) -> Result<Collected, Error> {
    let parsed = Parser::new(allocator, text, source_type).parse();
    if let Some(first) = parsed.diagnostics.first() {
        let label = first.labels.first();
        return Err(Error::Syntax {
            position: Position::of(
                text,
                label.map_or(0, |label| usize::try_from(label.offset()).unwrap_or(0)),
            ),
            message: first.message.to_string(),
        });
    }
    let mut reader = Reader::default();
    if collect {
        reader.visit_program(&parsed.program);
    }
    Ok(reader.into)
}

impl<'a> Visit<'a> for Reader {
    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        let names = it
            .specifiers
            .iter()
            .flatten()
            .map(|specifier| match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(s) => s.imported.name().to_string(),
                _ => "*".to_owned(),
            });
        let import = FactKind::Import {
            module: it.source.value.to_string(),
            names: names.collect(),
        };
        self.add(it.span, import);
    }

    fn visit_export_from_declaration(&mut self, it: &ExportFromDeclaration<'a>) {
        let import = FactKind::Import {
            module: it.source.value.to_string(),
            names: it
                .specifiers
                .iter()
                .map(|s| s.local.name().to_string())
                .collect(),
        };
        self.add(it.span, import);
    }

    fn visit_export_all_declaration(&mut self, it: &ExportAllDeclaration<'a>) {
        let import = FactKind::Import {
            module: it.source.value.to_string(),
            names: vec!["*".to_owned()],
        };
        self.add(it.span, import);
    }

    fn visit_function(
        &mut self,
        it: &oxc_ast::ast::Function<'a>,
        flags: oxc_syntax::scope::ScopeFlags,
    ) {
        let name = it.id.as_ref().map(|id| id.name.as_str());
        self.in_function(it.span, name, &it.params, |reader| {
            walk::walk_function(reader, it, flags);
        });
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.in_function(it.span, None, &it.params, |reader| {
            walk::walk_arrow_function_expression(reader, it);
        });
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let Some(init) = &it.init {
            match &it.id {
                BindingPattern::BindingIdentifier(id) => {
                    if is_function(init) {
                        self.name = Some(id.name.to_string());
                    }
                    let name = Path(vec![id.name.to_string()]);
                    let value = value::defined(init);
                    if let Operand::Object(fields) = &value {
                        for (field, value) in fields {
                            let kind = FactKind::Definition {
                                name: name.clone().with(field),
                                value: value.clone(),
                            };
                            self.add(it.span, kind);
                        }
                    }
                    self.add(it.span, FactKind::Definition { name, value });
                }
                pattern => {
                    let from = value::defined(init);
                    let from = from.path().cloned().unwrap_or_else(Path::unnamed);
                    self.destructure(&from, pattern);
                }
            }
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        if it.operator == AssignmentOperator::Assign
            && let AssignmentTarget::AssignmentTargetIdentifier(id) = &it.left
        {
            if is_function(&it.right) {
                self.name = Some(id.name.to_string());
            }
            let name = Path::named(&id.name);
            let value = value::defined(&it.right);
            self.add(it.span, FactKind::Definition { name, value });
        }
        walk::walk_assignment_expression(self, it);
    }

    fn visit_object_property(&mut self, it: &ObjectProperty<'a>) {
        let object_to = self.object_to.take();
        if is_function(&it.value) {
            self.name = key(&it.key);
            if let Some(callee) = &object_to {
                self.passed_to = Some((callee.clone(), self.name.clone()));
            }
        }
        walk::walk_object_property(self, it);
        self.object_to = object_to;
    }

    fn visit_method_definition(&mut self, it: &oxc_ast::ast::MethodDefinition<'a>) {
        self.name = key(&it.key);
        walk::walk_method_definition(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if !matches!(plain(&it.callee), Expression::Identifier(_)) {
            match plain(&it.callee) {
                // what a method is called on is read, the method itself is not
                Expression::StaticMemberExpression(member) => self.visit_expression(&member.object),
                callee => self.visit_expression(callee),
            }
        }
        // `Boolean(x)`
        if let (Expression::Identifier(id), [argument]) =
            (plain(&it.callee), it.arguments.as_slice())
            && id.name == "Boolean"
            && let Some(argument) = argument.as_expression()
        {
            self.test(argument, false);
        }
        self.call(it.span, path(&it.callee), &it.arguments);
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        self.call(it.span, path(&it.callee), &it.arguments);
    }

    fn visit_import_expression(&mut self, it: &oxc_ast::ast::ImportExpression<'a>) {
        if let Some(module) = operand(&it.source).text() {
            let import = FactKind::Import {
                module: module.to_owned(),
                names: vec!["*".to_owned()],
            };
            self.add(it.span, import);
        }
    }

    fn visit_binary_expression(&mut self, it: &BinaryExpression<'a>) {
        let comparison = match it.operator {
            BinaryOperator::Equality | BinaryOperator::StrictEquality => Some(Comparison::Equal),
            BinaryOperator::Inequality | BinaryOperator::StrictInequality => {
                Some(Comparison::NotEqual)
            }
            BinaryOperator::LessThan
            | BinaryOperator::LessEqualThan
            | BinaryOperator::GreaterThan
            | BinaryOperator::GreaterEqualThan => Some(Comparison::Order),
            _ => None,
        };
        if let Some(comparison) = comparison {
            let (left, right) = value::compared(&it.left, &it.right);
            let kind = FactKind::Compare {
                comparison,
                left,
                right,
            };
            self.add(it.span, kind);
        }
        walk::walk_binary_expression(self, it);
    }

    fn visit_logical_expression(&mut self, it: &LogicalExpression<'a>) {
        if it.operator.is_coalesce() {
            return walk::walk_logical_expression(self, it);
        }
        self.test(&it.left, false);
        self.chain(it);
        walk::walk_logical_expression(self, it);
    }

    fn visit_conditional_expression(&mut self, it: &ConditionalExpression<'a>) {
        self.test(&it.test, false);
        walk::walk_conditional_expression(self, it);
    }

    fn visit_if_statement(&mut self, it: &oxc_ast::ast::IfStatement<'a>) {
        self.test(&it.test, false);
        if matches!(plain(&it.test), Expression::LogicalExpression(_)) {
            self.returns = value::returned(&it.consequent);
        }
        walk::walk_if_statement(self, it);
    }

    fn visit_while_statement(&mut self, it: &oxc_ast::ast::WhileStatement<'a>) {
        self.test(&it.test, false);
        walk::walk_while_statement(self, it);
    }

    fn visit_unary_expression(&mut self, it: &UnaryExpression<'a>) {
        if it.operator == UnaryOperator::LogicalNot {
            self.test(&it.argument, true);
        }
        walk::walk_unary_expression(self, it);
    }

    fn visit_switch_statement(&mut self, it: &SwitchStatement<'a>) {
        let left = operand(&it.discriminant);
        for case in &it.cases {
            if let Some(test) = &case.test {
                let kind = FactKind::Compare {
                    comparison: Comparison::Equal,
                    left: left.clone(),
                    right: operand(test),
                };
                self.add(test.span(), kind);
            }
        }
        walk::walk_switch_statement(self, it);
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        let read = path(&it.object).with(it.property.name.as_str());
        self.add(it.span, FactKind::Read(read));
        self.base(&it.object);
    }

    fn visit_computed_member_expression(&mut self, it: &ComputedMemberExpression<'a>) {
        let member = operand(&it.expression).text().map(str::to_owned);
        let read = path(&it.object).with(member.clone().unwrap_or_else(|| "*".to_owned()));
        self.add(it.span, FactKind::Read(read));
        self.base(&it.object);
        if member.is_none() {
            self.visit_expression(&it.expression);
        }
    }

    fn visit_string_literal(&mut self, it: &StringLiteral<'a>) {
        self.add(it.span, FactKind::Text(it.value.to_string()));
    }

    fn visit_template_literal(&mut self, it: &TemplateLiteral<'a>) {
        if let Some(text) = value::template(it) {
            self.add(it.span, FactKind::Text(text));
        }
        walk::walk_template_literal(self, it);
    }

    fn visit_jsx_opening_element(&mut self, it: &JSXOpeningElement<'a>) {
        let attributes = it.attributes.iter().filter_map(|item| match item {
            JSXAttributeItem::Attribute(attribute) => {
                let JSXAttributeName::Identifier(name) = &attribute.name else {
                    return None;
                };
                let value = match &attribute.value {
                    None => Operand::Bool(true),
                    Some(JSXAttributeValue::StringLiteral(text)) => {
                        Operand::Text(text.value.to_string())
                    }
                    Some(JSXAttributeValue::ExpressionContainer(container)) => container
                        .expression
                        .as_expression()
                        .map_or(Operand::Other, operand),
                    Some(_) => Operand::Other,
                };
                Some((name.name.to_string(), value))
            }
            JSXAttributeItem::SpreadAttribute(_) => None,
        });
        let kind = FactKind::Element {
            name: value::element_name(&it.name),
            attributes: attributes.collect(),
        };
        self.add(it.span, kind);
        walk::walk_jsx_opening_element(self, it);
    }

    fn visit_ts_enum_declaration(&mut self, it: &TSEnumDeclaration<'a>) {
        let name = Path(vec![it.id.name.to_string()]);
        for member in &it.body.members {
            let Some(init) = &member.initializer else {
                continue;
            };
            let kind = FactKind::Definition {
                name: name.clone().with(member.id.static_name().as_str()),
                value: operand(init),
            };
            self.add(member.span, kind);
        }
        walk::walk_ts_enum_declaration(self, it);
    }

    fn visit_ts_type(&mut self, _: &TSType<'a>) {
        // types are no code: a text in one is compared with nothing
    }
}
