//! The records that a query asks for.

use serde_json::Value;

pub(super) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = bytes.iter().enumerate().all(|(at, byte)| match at {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    bytes.len() == 10 && shape
}

/// The licenses that the parameters leave.
pub(super) fn select(licenses: &[Value], pairs: &[(String, String)]) -> Result<Vec<Value>, String> {
    let all = |name: &str| -> Vec<&str> {
        let of = pairs.iter().filter(|(found, _)| found == name);
        of.map(|(_, value)| value.as_str()).collect()
    };
    let dates = ["startDate", "endDate", "lastUpdated"];
    if pairs
        .iter()
        .any(|(name, value)| dates.contains(&name.as_str()) && !is_date(value))
    {
        return Err("Must be a date".to_owned());
    }
    let text = |license: &Value, field: &str| -> String {
        let text = license.get(field).and_then(Value::as_str);
        text.unwrap_or_default().to_lowercase()
    };
    // each value must be the whole one: with commas between several, none is
    let any = |names: &[&str], found: &str| {
        names.is_empty() || names.iter().any(|name| name.to_lowercase() == found)
    };
    let clouds = all("cloudComplianceBoundaries");
    let keep = |license: &&Value| {
        let start = text(license, "maintenanceStartDate");
        let of = license
            .get("cloudComplianceBoundaries")
            .and_then(Value::as_array);
        let of: Vec<&str> = of.into_iter().flatten().filter_map(Value::as_str).collect();
        let in_cloud = |cloud: &&str| of.contains(cloud) || of.is_empty() && *cloud == "commercial";
        let in_clouds = match clouds.as_slice() {
            [] => in_cloud(&"commercial"),
            clouds => clouds.iter().any(in_cloud),
        };
        let apps = [all("productId"), all("addon")].concat();
        let app = [text(license, "productId"), text(license, "addonKey")];
        in_clouds
            && all("startDate")
                .iter()
                .all(|first| start.as_str() >= *first)
            && all("endDate").iter().all(|last| start.as_str() <= *last)
            && (apps.is_empty() || app.iter().any(|app| any(&apps, app)))
            && any(&all("status"), &text(license, "status"))
            && any(&all("licenseType"), &text(license, "licenseType"))
            && any(&all("appEdition"), &text(license, "appEdition"))
    };
    Ok(licenses.iter().filter(keep).cloned().collect())
}
