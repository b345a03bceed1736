//! Diagrams in the languages of drawing programs.

use std::fmt::Write;

use plumb_engine::diagram::{Diagram, Shape, Vertex};

/// Resources as a DOT document, those of a module in a cluster.
pub fn dot_of_resources(diagram: &Diagram) -> String {
    let mut out = "digraph G {\n  rankdir = \"RL\";\n  node [shape = rect, fontname = \"sans-serif\"];\n".to_owned();
    if diagram.vertices.is_empty() {
        out.push_str("  /* This configuration does not contain any resources.         */\n");
        out.push_str("  /* For a more detailed graph, try: plumb graph -type=plan     */\n");
    }
    for group in diagram.vertices.chunk_by(|one, other| one.module == other.module) {
        let module = &group[0].module;
        let indent = if module.is_empty() { "  " } else { "    " };
        if !module.is_empty() {
            let (cluster, label) = (quoted(&format!("cluster_{module}")), quoted(module));
            line(&mut out, format_args!("  subgraph {cluster} {{"));
            line(&mut out, format_args!("    label = {label}\n    fontname = \"sans-serif\""));
        }
        for it in group {
            line(&mut out, format_args!("{indent}{} [label={}];", quoted(&it.name), quoted(&it.label)));
        }
        if !module.is_empty() {
            line(&mut out, format_args!("  }}"));
        }
    }
    for (from, to) in ends(diagram) {
        line(&mut out, format_args!("  {} -> {};", quoted(&from.name), quoted(&to.name)));
    }
    out.push_str("}\n");
    out
}

/// A diagram of steps as a DOT document; circles in red where they are asked for.
pub fn dot(diagram: &Diagram, draw_cycles: bool) -> String {
    let mut out = "digraph {\n\tcompound = \"true\"\n\tnewrank = \"true\"\n\tsubgraph \"root\" {\n".to_owned();
    for it in &diagram.vertices {
        let Some(shape) = it.shape else { continue };
        let shape = match shape {
            Shape::Box => "box",
            Shape::Diamond => "diamond",
            Shape::Note => "note",
        };
        let label = quoted(&it.label);
        line(&mut out, format_args!("\t\t{} [label = {label}, shape = \"{shape}\"]", in_root(it)));
    }
    let circles = if draw_cycles { diagram.circular_edges() } else { Default::default() };
    let edges = diagram.edges.iter().map(|&(from, to)| {
        let red = if circles.contains(&(from, to)) { " [color = \"red\", penwidth = \"2.0\"]" } else { "" };
        format!("{} -> {}{red}", in_root(&diagram.vertices[from]), in_root(&diagram.vertices[to]))
    });
    let mut edges: Vec<String> = edges.collect();
    edges.sort();
    edges.dedup();
    edges.iter().for_each(|it| line(&mut out, format_args!("\t\t{it}")));
    out.push_str("\t}\n}\n");
    out
}

/// A diagram as a Mermaid flowchart.
pub fn mermaid(diagram: &Diagram) -> String {
    let mut out = "flowchart LR\n".to_owned();
    if diagram.vertices.is_empty() {
        out.push_str("  %% This configuration does not contain any resources.\n");
    }
    let mut numbers = 0..;
    for group in diagram.vertices.chunk_by(|one, other| one.module == other.module) {
        let module = &group[0].module;
        if !module.is_empty() {
            line(&mut out, format_args!("  subgraph {}", mermaid_text(module)));
        }
        for (it, at) in group.iter().zip(&mut numbers) {
            let indent = if module.is_empty() { "  " } else { "    " };
            // Names are free text; only numbers are safe as what edges refer to.
            let text = mermaid_text(if it.module.is_empty() { &it.name } else { &it.label });
            let (open, close) = match it.shape {
                Some(Shape::Box) => ("[", "]"),
                Some(Shape::Diamond) => ("{{", "}}"),
                Some(Shape::Note) => (">", "]"),
                None => ("(", ")"),
            };
            line(&mut out, format_args!("{indent}n{at}{open}{text}{close}"));
        }
        if !module.is_empty() {
            line(&mut out, format_args!("  end"));
        }
    }
    for (from, to) in &diagram.edges {
        line(&mut out, format_args!("  n{from} --> n{to}"));
    }
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("a string takes all text");
}

fn ends(diagram: &Diagram) -> impl Iterator<Item = (&Vertex, &Vertex)> {
    diagram.edges.iter().map(|&(from, to)| (&diagram.vertices[from], &diagram.vertices[to]))
}

fn in_root(vertex: &Vertex) -> String {
    quoted(&format!("[root] {}", vertex.name))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Text in quotes; within them a quote is written by its name.
fn mermaid_text(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "#quot;"))
}
