"""The register of node types. Pure."""

from __future__ import annotations

from headrace.engine.workflows.graph import Graph, Node
from headrace.engine.workflows.nodes.audience_filter import AudienceFilter
from headrace.engine.workflows.nodes.blank_trigger import BlankTrigger
from headrace.engine.workflows.nodes.branch import BranchNode
from headrace.engine.workflows.nodes.event_trigger import EventTrigger
from headrace.engine.workflows.nodes.exit import ExitAction
from headrace.engine.workflows.nodes.experiment import ExperimentBranchNode
from headrace.engine.workflows.nodes.list_trigger import AddToListTrigger
from headrace.engine.workflows.nodes.port import NodeType, Situation
from headrace.engine.workflows.nodes.property_trigger import ContactPropertyTrigger
from headrace.engine.workflows.nodes.send_email import SendEmailAction
from headrace.engine.workflows.nodes.signup_trigger import SignupTrigger
from headrace.engine.workflows.nodes.timer import TimerAction
from headrace.engine.workflows.nodes.variant import VariantNode

TYPES: dict[str, NodeType] = {
    kind.name: kind
    for kind in (
        BlankTrigger(), SignupTrigger(), EventTrigger(), ContactPropertyTrigger(), AddToListTrigger(),
        AudienceFilter(), TimerAction(), SendEmailAction(), BranchNode(), ExperimentBranchNode(), VariantNode(),
        ExitAction(),
    )
}  # fmt: skip
FORKS = {"BranchNode": "AudienceFilter", "ExperimentBranchNode": "VariantNode"}  # what stands below each of their paths


def of(node: Node) -> NodeType:
    return TYPES[node.type]


def problems(graph: Graph, situation: Situation) -> dict[str, list[str]]:
    """What stops a start, by node."""
    found = {identifier: of(node).problems(graph, identifier, situation) for identifier, node in graph.nodes.items()}
    return {identifier: sentences for identifier, sentences in found.items() if sentences}
