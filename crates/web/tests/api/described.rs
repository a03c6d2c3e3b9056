//! Whether an answer is the one that is described: a small part of JSON Schema, as far as the description uses it.

use crate::bench::Answer;
use serde_json::Value;

/// The document of the API.
pub struct Described(Value);

type Checked = Result<(), String>;

impl Described {
    pub fn of(document: Value) -> Described {
        Described(document)
    }

    /// Addresses that nobody describes are not answered for.
    pub fn check(&self, method: &str, path: &str, answer: &Answer) -> Checked {
        let Some(operation) = self.operation(method, path) else { return Ok(()) };
        let said = &operation["responses"][answer.status.to_string()];
        if said.is_null() {
            return Err("nobody said that it answers so".to_owned());
        }
        let kind = answer.header("content-type");
        match said["content"].get(kind) {
            Some(content) if kind.ends_with("json") => self.fits(&content["schema"], &answer.body, ""),
            None if !kind.is_empty() && answer.status != 502 => Err(format!("nobody said that it answers {kind}")),
            _ => Ok(()),
        }
    }

    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let path = path.split('?').next()?;
        let fits = |template: &str| {
            let (mut one, mut other) = (template.split('/'), path.split('/'));
            template.matches('/').count() == path.matches('/').count()
                && one.by_ref().zip(other.by_ref()).all(|(open, said)| open == said || open.starts_with('{'))
        };
        let paths = self.0["paths"].as_object()?;
        let mut fitting: Vec<_> = paths.iter().filter(|(template, _)| fits(template)).collect();
        fitting.sort_by_key(|(template, _)| template.matches('{').count());
        fitting.first()?.1.get(method.to_lowercase())
    }

    fn fits(&self, schema: &Value, value: &Value, at: &str) -> Checked {
        if let Some(name) = schema["$ref"].as_str() {
            let pointer = name.strip_prefix('#').ok_or("a reference elsewhere")?;
            let schema = self.0.pointer(pointer).ok_or_else(|| format!("{name} is not described"))?;
            return self.fits(schema, value, at);
        }
        if let Some(kinds) = schema["oneOf"].as_array() {
            let tried: Vec<Checked> = kinds.iter().map(|kind| self.fits(kind, value, at)).collect();
            let fitting = tried.iter().filter(|tried| tried.is_ok()).count();
            let wrong: Vec<String> = tried.into_iter().filter_map(Result::err).collect();
            return if fitting == 1 { Ok(()) } else { Err(format!("{at} is {fitting} of {}: {}", kinds.len(), wrong.join("; "))) };
        }
        if let Some(known) = schema["enum"].as_array()
            && !known.contains(value)
        {
            return Err(format!("{at} is {value}, not of {}", schema["enum"]));
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        let is_of = |kind: &&str| match *kind {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            other => panic!("the description says {other}"),
        };
        if !types.is_empty() && !types.iter().any(is_of) {
            return Err(format!("{at} is {value}, no {types:?}"));
        }
        self.parts(schema, value, at)
    }

    fn parts(&self, schema: &Value, value: &Value, at: &str) -> Checked {
        if let Some(items) = value.as_array() {
            let side_by_side = schema["prefixItems"].as_array();
            for (place, item) in items.iter().enumerate() {
                let of = side_by_side.and_then(|kinds| kinds.get(place)).unwrap_or(&schema["items"]);
                if *of == Value::Bool(false) {
                    return Err(format!("{at}/{place} is one too many"));
                }
                self.fits(of, item, &format!("{at}/{place}"))?;
            }
        }
        let Some(fields) = value.as_object() else { return Ok(()) };
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                return Err(format!("{at}/{name} is missing"));
            }
        }
        for (name, field) in fields {
            let of = match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(of), _) => of,
                (None, Value::Bool(false)) => return Err(format!("{at}/{name} is not described")),
                (None, of) => of,
            };
            self.fits(of, field, &format!("{at}/{name}"))?;
        }
        Ok(())
    }
}
