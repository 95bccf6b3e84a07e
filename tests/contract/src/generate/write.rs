//! JSON as people read it: what fits into a line stands in one.

use serde_json::Value;

const WIDTH: usize = 110;

/// The fields of the format in the order of the format, others by name after them.
const ORDER: &[&str] = &[
    "kind",
    "id",
    "about",
    "app",
    "documents",
    "tenants",
    "cases",
    "clock",
    "not_built",
    "store",
    "platform",
    "hook_failures",
    "store_fault",
    "at",
    "restart",
    "method",
    "target",
    "headers",
    "body",
    "flood",
    "expect",
    "status",
    "code",
    "from",
    "codes",
    "fetches",
    "requests",
    "store_after",
    "fetched",
    "hooks",
    "shell",
    "reason",
    "allowed",
];

pub(super) fn text(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, 0, &mut out);
    out.push('\n');
    out
}

fn write(value: &Value, depth: usize, used: usize, out: &mut String) {
    let line = compact(value);
    let breaks = match value {
        // the shape of a file is seen at a glance
        Value::Object(_) | Value::Array(_) if depth < 3 => true,
        Value::Object(_) | Value::Array(_) => depth * 2 + used + line.len() > WIDTH,
        _ => false,
    };
    match value {
        Value::Object(fields) if breaks && !fields.is_empty() => {
            out.push_str("{\n");
            let names = ordered(fields);
            for (index, name) in names.iter().enumerate() {
                let key = format!("{}: ", Value::from(*name));
                indent(depth + 1, out);
                out.push_str(&key);
                write(
                    fields.get(*name).unwrap_or(&Value::Null),
                    depth + 1,
                    key.len(),
                    out,
                );
                out.push_str(if index + 1 < names.len() { ",\n" } else { "\n" });
            }
            indent(depth, out);
            out.push('}');
        }
        Value::Array(items) if breaks && !items.is_empty() => {
            out.push_str("[\n");
            for (index, item) in items.iter().enumerate() {
                indent(depth + 1, out);
                write(item, depth + 1, 0, out);
                out.push_str(if index + 1 < items.len() { ",\n" } else { "\n" });
            }
            indent(depth, out);
            out.push(']');
        }
        _ => out.push_str(&line),
    }
}

fn compact(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<_> = ordered(fields)
                .into_iter()
                .filter_map(|name| Some((name, fields.get(name)?)))
                .map(|(name, value)| format!("{}: {}", Value::from(name), compact(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(compact).collect();
            format!("[{}]", items.join(", "))
        }
        plain => plain.to_string(),
    }
}

fn ordered(fields: &serde_json::Map<String, Value>) -> Vec<&str> {
    let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
    let place = |name: &str| {
        ORDER
            .iter()
            .position(|it| *it == name)
            .unwrap_or(ORDER.len())
    };
    names.sort_by_key(|name| (place(name), *name));
    names
}

fn indent(depth: usize, out: &mut String) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}
