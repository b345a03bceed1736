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

#[cfg(test)]
mod tests {
    use super::*;

    fn vertex(name: &str, label: &str, module: &str, shape: Option<Shape>) -> Vertex {
        Vertex { name: name.into(), label: label.into(), module: module.into(), shape }
    }

    #[test]
    fn resources_stand_in_the_cluster_of_their_module() {
        let shape = Some(Shape::Box);
        let vertices = vec![
            vertex("x.a", "x.a", "", shape),
            vertex("module.m.x.b", "x.b", "module.m", shape),
            vertex("module.n.x.c", "x.c", "module.n", shape),
        ];
        let diagram = Diagram { vertices, edges: [(1, 0)].into() };
        let dot = dot_of_resources(&diagram);
        let body: Vec<&str> = dot.lines().skip(3).collect();
        assert_eq!(
            body,
            [
                "  \"x.a\" [label=\"x.a\"];",
                "  subgraph \"cluster_module.m\" {",
                "    label = \"module.m\"",
                "    fontname = \"sans-serif\"",
                "    \"module.m.x.b\" [label=\"x.b\"];",
                "  }",
                "  subgraph \"cluster_module.n\" {",
                "    label = \"module.n\"",
                "    fontname = \"sans-serif\"",
                "    \"module.n.x.c\" [label=\"x.c\"];",
                "  }",
                "  \"module.m.x.b\" -> \"x.a\";",
                "}",
            ]
        );
        let chart: Vec<String> = mermaid(&diagram).lines().map(str::to_owned).collect();
        assert_eq!(chart[1..4], ["  n0[\"x.a\"]", "  subgraph \"module.m\"", "    n1[\"x.b\"]"]);
        assert_eq!(chart.last().unwrap(), "  n1 --> n0");
    }

    #[test]
    fn steps_are_drawn_by_their_edges_alone_and_circles_in_red() {
        let vertices = vec![vertex("local.l", "", "", None), vertex("p[\"q\"]", "p[\"q\"]", "", Some(Shape::Diamond))];
        let diagram = Diagram { vertices, edges: [(0, 1), (1, 0)].into() };
        let dot = dot(&diagram, true);
        let body: Vec<&str> = dot.lines().skip(4).map(str::trim_start).collect();
        assert_eq!(
            body,
            [
                "\"[root] p[\\\"q\\\"]\" [label = \"p[\\\"q\\\"]\", shape = \"diamond\"]",
                "\"[root] local.l\" -> \"[root] p[\\\"q\\\"]\" [color = \"red\", penwidth = \"2.0\"]",
                "\"[root] p[\\\"q\\\"]\" -> \"[root] local.l\" [color = \"red\", penwidth = \"2.0\"]",
                "}",
                "}",
            ]
        );
        assert_eq!(mermaid(&diagram).lines().nth(2), Some("  n1{{\"p[#quot;q#quot;]\"}}"));
    }
}
