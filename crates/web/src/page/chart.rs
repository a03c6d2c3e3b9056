//! Charts as SVG at addresses of their own, drawn into pages by `<img>`: each stands beside its table and says no more than it.

use crate::page::frame::escaped;
use anyhow::anyhow;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use charts_rs::{BarChart, LineChart};
use serde_json::{Value, json};

/// One line or one layer of bars (图例项): its name, and a value per place as decimal digits, empty where there is none.
pub struct Layer {
    pub name: String,
    pub values: Vec<String>,
}

/// Five grades from green to red, or eight buckets from blue to red; apart for eyes that see no red.
const SCALE_5: [&str; 5] = ["#4f8fba", "#f2c14e", "#e88c30", "#c8502d", "#7c1d1d"];
const SCALE_8: [&str; 8] = ["#7fa9c9", "#f3d36b", "#f0b44c", "#ea9438", "#df7332", "#c8502d", "#a2332a", "#6d1a1d"];
const LINES: [&str; 8] = ["#1f4e79", "#c8502d", "#1b6b3a", "#8a5300", "#6b3fa0", "#0f7d88", "#a3221f", "#566173"];

const FONT: &str = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, sans-serif";

/// How layers stand to each other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    Stacked,
    Lines,
}

/// The chart of some layers over places; `unit` stands at the axis.
pub fn svg(places: &[String], layers: &[Layer], unit: &str, drawn: Drawn) -> anyhow::Result<String> {
    let colors: &[&str] = match (drawn, layers.len()) {
        (Drawn::Stacked, ..=5) => &SCALE_5,
        (Drawn::Stacked, _) => &SCALE_8,
        (Drawn::Lines, _) => &LINES,
    };
    let series = |layer: &Layer| {
        let data: Vec<Value> = layer.values.iter().map(|value| serde_json::from_str(value).unwrap_or(Value::Null)).collect();
        match drawn {
            Drawn::Stacked => json!({ "name": layer.name, "data": data, "stack": "all" }),
            Drawn::Lines => json!({ "name": layer.name, "data": data }),
        }
    };
    let legend = legend(layers, colors, unit);
    let chart = json!({
        "width": 920, "height": 330, "font_family": FONT, "margin": { "left": 8, "top": legend.1 + 10, "right": 14, "bottom": 6 },
        "series_list": layers.iter().map(series).collect::<Vec<_>>(),
        "series_colors": colors, "series_symbol": null, "x_axis_data": places, "legend_show": false,
        "y_axis_configs": [{ "axis_formatter": "{t}" }],
    });
    let text = chart.to_string();
    let drawn = match drawn {
        Drawn::Stacked => BarChart::from_json(&text).and_then(|chart| chart.svg()),
        Drawn::Lines => LineChart::from_json(&text).and_then(|chart| chart.svg()),
    };
    let drawn = drawn.map_err(|problem| anyhow!("drawing a chart: {problem}"))?;
    Ok(drawn.replacen("</svg>", &format!("{}</svg>", legend.0), 1))
}

/// The unit, then each layer's colour and name, in as many lines as it takes, and how high they are. The library's own
/// legend measures Chinese as if it were narrow, and writes the names over each other.
fn legend(layers: &[Layer], colors: &[&str], unit: &str) -> (String, u32) {
    const SIZE: u32 = 14;
    const LINE: u32 = 22;
    const RIGHT: u32 = 900;
    let (mut drawn, mut x, mut y) = (String::new(), 12, 20);
    let mut word = |text: &str, color: Option<&str>| {
        let wide: u32 = text.chars().map(|letter| if letter.is_ascii() { 8 } else { SIZE }).sum();
        if x + wide + 40 > RIGHT {
            (x, y) = (12, y + LINE);
        }
        if let Some(color) = color {
            drawn += &format!(r#"<rect x="{x}" y="{}" width="14" height="10" fill="{color}"/>"#, y - 10);
            x += 19;
        }
        drawn += &format!(r##"<text x="{x}" y="{y}" font-size="{SIZE}" font-family="{FONT}" fill="#1d2430">{}</text>"##, escaped(text));
        x += wide + 18;
    };
    word(&format!("({unit})"), None);
    layers.iter().zip(colors.iter().cycle()).for_each(|(layer, color)| word(&layer.name, Some(color)));
    (drawn, y)
}

pub fn image(svg: String) -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "private, max-age=60"), (header::VARY, "cookie")], svg).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pages' policy lets no style attribute and no script through, whatever a name holds.
    #[test]
    fn a_chart_keeps_to_the_policy_of_the_pages() {
        let layers = [Layer { name: "<script>1</script>".to_owned(), values: vec!["1.50".to_owned(), String::new()] }];
        for drawn in [Drawn::Stacked, Drawn::Lines] {
            let svg = svg(&["2026-10".to_owned(), "2026-11".to_owned()], &layers, "%", drawn).unwrap();
            assert!(svg.contains("<svg") && svg.contains("2026-11"), "{svg}");
            assert!(!svg.contains("style=") && !svg.contains("<script"), "{svg}");
        }
    }
}
