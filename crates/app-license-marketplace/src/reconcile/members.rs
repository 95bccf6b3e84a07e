//! The JSON of an installation's record: scanned once, and what is compared is kept.

use super::Error;
use crate::report::scan::{Scan, Stop};
use crate::report::{ErrorKind, Shape, unescape};

/// A member that is a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    ConnectKey,
    ForgeKey,
    Status,
    AppKey,
    EnvironmentId,
    EnvironmentType,
    BaseUrl,
    DisplayUrl,
    ProductType,
    CloudId,
    EntitlementId,
    EntitlementNumber,
    CapabilitySet,
    LicenseState,
    LicenseAsOf,
    LicenseType,
    FirstInstalledAt,
    InstalledAt,
    UpdatedAt,
    UninstalledAt,
}

/// How many there are.
const COUNT: usize = Member::UninstalledAt as usize + 1;

/// What a member of the record is.
#[derive(Debug, Clone, Copy)]
enum Target {
    Text(Member),
    Group(fn(&[u8]) -> Option<Self>),
    License,
    Evaluation,
}

/// Members of the record.
fn record(key: &[u8]) -> Option<Target> {
    Some(Target::Text(match key {
        b"key" => return Some(Target::Group(tenant)),
        b"entitlement" => return Some(Target::Group(entitlement)),
        b"license" => return Some(Target::License),
        b"status" => Member::Status,
        b"appKey" => Member::AppKey,
        b"environmentId" => Member::EnvironmentId,
        b"environmentType" => Member::EnvironmentType,
        b"baseUrl" => Member::BaseUrl,
        b"displayUrl" => Member::DisplayUrl,
        b"productType" => Member::ProductType,
        b"cloudId" => Member::CloudId,
        b"capabilitySet" => Member::CapabilitySet,
        b"firstInstalledAt" => Member::FirstInstalledAt,
        b"installedAt" => Member::InstalledAt,
        b"updatedAt" => Member::UpdatedAt,
        b"uninstalledAt" => Member::UninstalledAt,
        _ => return None,
    }))
}

fn tenant(key: &[u8]) -> Option<Target> {
    match key {
        b"connect" => Some(Target::Text(Member::ConnectKey)),
        b"forge" => Some(Target::Text(Member::ForgeKey)),
        _ => None,
    }
}

fn entitlement(key: &[u8]) -> Option<Target> {
    match key {
        b"id" => Some(Target::Text(Member::EntitlementId)),
        b"number" => Some(Target::Text(Member::EntitlementNumber)),
        _ => None,
    }
}

fn license(key: &[u8]) -> Option<Target> {
    match key {
        b"state" => Some(Target::Text(Member::LicenseState)),
        b"asOf" => Some(Target::Text(Member::LicenseAsOf)),
        b"type" => Some(Target::Text(Member::LicenseType)),
        b"evaluation" => Some(Target::Evaluation),
        _ => None,
    }
}

/// The members of one record.
#[derive(Debug, Clone)]
pub(super) struct Members<'a> {
    json: &'a str,
    /// Texts as they stand in the record.
    texts: [Option<&'a str>; COUNT],
    /// Texts with escapes, without them.
    escaped: Vec<(Member, String)>,
    pub(super) evaluation: Option<bool>,
    /// Whether it says something of a license.
    pub(super) has_license: bool,
}

impl<'a> Members<'a> {
    /// Reads a record. Members that are not known are checked and skipped.
    pub(super) fn read(json: &'a str) -> Result<Self, Error> {
        let mut members = Self {
            json,
            texts: [None; COUNT],
            escaped: Vec::new(),
            evaluation: None,
            has_license: false,
        };
        let mut scan = Scan::of_javascript(json.as_bytes());
        match members.all(&mut scan) {
            Ok(()) => Ok(members),
            Err(Stop::More) => Err(Error::installation("it is cut off", json.len())),
            Err(Stop::Bad(bad)) => {
                let what = match bad.1 {
                    ErrorKind::Syntax { .. } | ErrorKind::TooDeep { .. } => "it is no JSON",
                    _ => "a member is missing or of another type",
                };
                Err(Error::installation(what, bad.0.saturating_add(1)))
            }
        }
    }

    fn all(&mut self, scan: &mut Scan<'a>) -> Result<(), Stop> {
        if scan.peek()? != b'{' {
            scan.value()?;
            return Err(other_type(0));
        }
        self.group(scan, record)?;
        let keys = [Member::ConnectKey, Member::ForgeKey].map(|key| self.get(key).is_some());
        if keys == [true, true] || keys == [false, false] {
            return Err(other_type(scan.at));
        }
        match scan.peek() {
            Err(Stop::More) => Ok(()),
            _ => Err(scan.wrong("the end of the record")),
        }
    }

    fn group(&mut self, scan: &mut Scan<'a>, of: fn(&[u8]) -> Option<Target>) -> Result<(), Stop> {
        scan.object(|scan, key| {
            let open = scan.peek()?;
            let at = scan.at;
            match of(key) {
                Some(Target::Group(of)) if open == b'{' => return self.group(scan, of),
                Some(Target::License) if open == b'{' => {
                    self.has_license = true;
                    return self.group(scan, license);
                }
                Some(Target::Text(member)) => {
                    let value = scan.value()?;
                    match value.shape {
                        Shape::Absent => return Ok(()),
                        Shape::Json => return Err(other_type(at)),
                        Shape::Text | Shape::Escaped if self.get(member).is_some() => {
                            let field = String::from_utf8_lossy(key).into_owned();
                            return Err(Stop::bad(at, ErrorKind::Duplicate { field }));
                        }
                        Shape::Text | Shape::Escaped => {}
                    }
                    let text = self.json.get(value.start as usize..value.end as usize);
                    if value.shape == Shape::Escaped {
                        let text = unescape(text.unwrap_or_default());
                        self.escaped.push((member, text));
                    } else if let Some(slot) = self.texts.get_mut(member as usize) {
                        *slot = text;
                    }
                }
                Some(Target::Evaluation) => {
                    let value = scan.value()?;
                    self.evaluation = match scan.slice(value) {
                        b"true" if value.shape == Shape::Json => Some(true),
                        b"false" if value.shape == Shape::Json => Some(false),
                        _ if value.shape == Shape::Absent => None,
                        _ => return Err(other_type(at)),
                    };
                }
                Some(Target::Group(_) | Target::License) => {
                    if scan.value()?.shape != Shape::Absent {
                        return Err(other_type(at));
                    }
                }
                None => {
                    scan.value()?;
                }
            }
            Ok(())
        })
    }

    /// A text, as it is.
    pub(super) fn get(&self, member: Member) -> Option<&str> {
        match self.texts.get(member as usize) {
            Some(Some(text)) => Some(text),
            _ => {
                let mut escaped = self.escaped.iter();
                let found = escaped.find(|(other, _)| *other == member)?;
                Some(&found.1)
            }
        }
    }
}

fn other_type(at: usize) -> Stop {
    let kind = ErrorKind::Shape {
        field: String::new(),
        expected: "",
        found: "",
    };
    Stop::bad(at, kind)
}
