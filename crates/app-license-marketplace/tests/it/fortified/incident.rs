//! The e-mail of a breach.

use app_license_marketplace::fortified::Incident;

const INCIDENT: &str = r#"{"appKey":"com.example.appkey","appDetails":{"name":"AppName","partnerName":"Example"},"incidentId":"FOotlQrY5ZQ","incidentStatus":"ANOMALOUS","time":"2022-03-24T15:40:00Z","metricName":"Jira Installation Callback Success Rate","metricUnit":"PERCENT","measurementDurationSeconds":86400,"sliValue":60.0,"sloValue":99.0}"#;

fn html(json: &str) -> String {
    format!(
        "<html><head><script>var x = '<script id=\"incident-data\">';</script>\n\
         <script type=\"application/ld+json\" id=\"incident-data\">{{\"appKey\":\"other\"}}</script>\n\
         <script type=\"application/json\" id=\"incident-data\">{json}</script></head>\n\
         <body><p>60 &lt; 99</p></body></html>"
    )
}

fn quoted_printable(text: &str) -> String {
    let mut lines = String::new();
    let mut width = 0;
    for byte in text.bytes() {
        let piece = match byte {
            b'=' => "=3D".to_owned(),
            b'\n' => {
                width = 0;
                lines.push_str("\r\n");
                continue;
            }
            byte => char::from(byte).to_string(),
        };
        if width + piece.len() > 70 {
            lines.push_str("=\r\n");
            width = 0;
        }
        width += piece.len();
        lines.push_str(&piece);
    }
    lines
}

#[test]
fn the_e_mail_of_a_breach_is_read_in_any_encoding() {
    let mail = format!(
        "From: no-reply@am.atlassian.com\r\nSubject: breach\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/alternative; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\n<script type=\"application/json\" id=\"incident-data\">{{}}</script>\r\n\
         --b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n--b--\r\n",
        quoted_printable(&html(INCIDENT))
    );
    let quoted = Incident::from_mail(mail.as_bytes()).unwrap();
    assert_eq!(quoted.app_key, "com.example.appkey");
    assert_eq!(quoted.sli_value.to_string(), "60.0");
    assert_eq!(quoted.window_seconds, Some(86_400));
    assert_eq!(quoted.other["appDetails"]["name"], "AppName");

    // the same in base64, as one part
    let encoded = base64(html(INCIDENT).as_bytes());
    let mail = format!(
        "Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n"
    );
    assert_eq!(Incident::from_mail(mail.as_bytes()).unwrap(), quoted);
}

#[test]
fn an_unknown_status_of_an_incident_is_kept() {
    let mail = format!(
        "Content-Type: text/html\r\n\r\n{}",
        html(&INCIDENT.replace("ANOMALOUS", "RECOVERED_MAYBE"))
    );
    assert_eq!(
        Incident::from_mail(mail.as_bytes()).unwrap().status,
        "RECOVERED_MAYBE"
    );
}

#[test]
fn an_e_mail_without_an_incident_is_refused() {
    let wrap = |html: &str| format!("Content-Type: text/html\r\n\r\n{html}").into_bytes();
    let two = format!(
        "{}{}",
        html(INCIDENT),
        html(&INCIDENT.replace("60.0", "61.0"))
    );
    for (mail, code) in [
        (Vec::new(), "syntax"),
        (b"\0\0\0".to_vec(), "syntax"),
        (wrap("<p>hello</p>"), "syntax"),
        (wrap(&html("{}")), "syntax"),
        (wrap(&html("")), "syntax"),
        (wrap(&html(&INCIDENT.replace("60.0", "\"60\""))), "syntax"),
        (wrap(&html(&INCIDENT.replace("60.0", "NaN"))), "syntax"),
        (
            wrap(&html(&INCIDENT.replace("2022-03-24T15:40:00Z", "today"))),
            "value",
        ),
        (wrap(&two), "contradiction"),
        (vec![b'a'; 5 << 20], "too_large"),
    ] {
        let error = Incident::from_mail(&mail).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let mut bits = 0_u32;
        for place in 0..3 {
            bits = (bits << 8) | u32::from(group.get(place).copied().unwrap_or(0));
        }
        for place in 0..4 {
            if place <= group.len() {
                let letter = (bits >> (18 - 6 * place)) & 63;
                text.push(char::from(LETTERS[letter as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text.as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect::<Vec<_>>()
        .join("\r\n")
}

#[test]
fn fields_of_an_incident_never_have_one_name_twice() {
    let odd = INCIDENT.replace(
        "\"appDetails\"",
        "\"id\":\"x\",\"status\":\"y\",\"sli_value\":1,\"appDetails\"",
    );
    let incident = Incident::from_json(&odd).unwrap();
    assert_eq!(
        (incident.id.as_str(), incident.status.as_str()),
        ("FOotlQrY5ZQ", "ANOMALOUS")
    );
    let text = serde_json::to_string(&incident).unwrap();
    assert_eq!(text.matches("\"id\"").count(), 2, "{text}");
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["id"], "FOotlQrY5ZQ");
    assert_eq!(value["other"]["id"], "x");
    assert_eq!(value["other"]["appDetails"]["name"], "AppName");
}

#[test]
fn a_window_of_whole_seconds_may_have_decimals() {
    let window = |text: &str| {
        let json = INCIDENT.replace("86400", text);
        Incident::from_json(&json).map(|it| it.window_seconds).ok()
    };
    assert_eq!(window("86400.0"), Some(Some(86_400)));
    assert_eq!(window("86400.5"), None);
    assert_eq!(window("-1"), None);
}

#[test]
fn a_folded_header_and_a_forward_as_attachment_are_read() {
    let inner = format!(
        "MIME-Version: 1.0\r\nContent-Type: text/html;\r\n\tcharset=\"utf-8\"\r\n\
         Content-Transfer-Encoding:\r\n QUOTED-PRINTABLE\r\n\r\n{}",
        quoted_printable(&html(INCIDENT))
    );
    let folded = Incident::from_mail(inner.as_bytes()).unwrap();
    assert_eq!(folded.app_key, "com.example.appkey");
    let forward = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"f\"\r\n\r\n\
         --f\r\nContent-Type: text/plain\r\n\r\nsee below\r\n\
         --f\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--f--\r\n"
    );
    assert_eq!(Incident::from_mail(forward.as_bytes()).unwrap(), folded);
}
