//! The core for JavaScript servers: the fields of a question go in, the fields of an answer come
//! out.
//!
//! [`room`] makes room for a question, [`ask`] answers it and says where the answer is. No logic
//! lives here: an operation takes its fields, calls the core, and writes down what it says.
//!
//! The ABI is raw, and its fields are no JSON, for the size of the module. The question and the
//! answer, which may hold secrets, are wiped. Of a tenant, the last answer is kept until the next one,
//! and what plans remember (`machine`): keys, and what License APIs said.

mod answer;
mod connect;
mod decision;
mod delivery;
mod forge;
mod installation;
mod license;
mod lifecycle;
mod machine;
mod question;
mod record;

use std::sync::Mutex;

use app_license::Error;

use answer::Answer;
use question::{Field, Question};

static QUESTION: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static ANSWER: Mutex<Answer> = Mutex::new(Answer::new());
static PLACE: Mutex<[usize; 3]> = Mutex::new([0; 3]);

/// The largest question, in bytes.
const LIMIT: usize = 4 * 1024 * 1024;

/// Makes room for a question of `len` bytes and says where; nowhere (0) when it is too long.
#[expect(unsafe_code, reason = "an export of the module")]
#[unsafe(no_mangle)]
pub extern "C" fn room(len: usize) -> *mut u8 {
    match QUESTION.lock() {
        Ok(mut question) if len <= LIMIT => {
            if question.len() < len {
                question.resize(len, 0);
            }
            question.as_mut_ptr()
        }
        _ => std::ptr::null_mut(),
    }
}

/// Answers the question. Says where three numbers are: where the lengths of the answer's fields
/// are, how many, and where its text is.
#[expect(unsafe_code, reason = "an export of the module")]
#[unsafe(no_mangle)]
pub extern "C" fn ask() -> *const usize {
    let (Ok(mut question), Ok(mut answer), Ok(mut place)) =
        (QUESTION.lock(), ANSWER.lock(), PLACE.lock())
    else {
        return std::ptr::null();
    };
    answer.clear();
    let asked = match Question::read(&question) {
        Some(question) => {
            let op = question.op();
            if let Err(error) = perform(op, &question, &mut answer) {
                answer.refuse(&error);
            }
            question.size()
        }
        None => 0,
    };
    if let Some(used) = question.get_mut(..asked) {
        used.fill(0);
    }
    *place = answer.place();
    place.as_ptr()
}

fn perform(op: i32, question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    answer.accept();
    match op {
        1 => connect::tenant(question, answer),
        2 => connect::request(question, answer),
        3 => connect::context(question, answer),
        4 => connect::query_hash(question, answer),
        5 => connect::sign(question, answer),
        6 => connect::license_api(question, answer),
        7 => lifecycle::key(question, answer),
        8 => lifecycle::signed(question, answer),
        9 => lifecycle::shared(question, answer),
        10 => lifecycle::body(question, answer),
        11 => forge::key(question, answer),
        12 => forge::invocation(question, answer),
        13 => forge::key_set(question, answer),
        14 => forge::license_api(question, answer),
        15 => decision::decide(question, answer),
        16 => installation::apply(question, answer),
        17 => installation::secrets(question, answer),
        18 => forge::license_url(question, answer),
        19 => lifecycle::unproved(question, answer),
        20 => lifecycle::public_key(question, answer),
        21 => connect::settings(question, answer),
        22 => installation::is_news(question, answer),
        23 => connect::overrules(question, answer),
        24 => forge::event(question, answer),
        25 => forge::settings(question, answer),
        26 => forge::license_results(question, answer),
        27 => delivery::deliver(question, answer),
        28 => answer.json(&machine::call(
            question.text(Field::Extra),
            question.text(Field::Body),
        )?),
        _ => Err(question::missing("operation")),
    }
}
