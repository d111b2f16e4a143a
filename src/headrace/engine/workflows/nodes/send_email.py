"""Send email: the email message is written in the editor of emails; here only which one. Pure."""

from __future__ import annotations

from headrace.engine.workflows.graph import Graph, Node
from headrace.engine.workflows.nodes.port import Config, Leave, Look, NodeType, Pass, Situation


class SendEmailAction(NodeType):
    name, title = "SendEmailAction", "Send email"

    def start(self) -> Config:
        return {"emailMessageId": None}

    def shown(self, config: Config, mailing_list: str | None) -> Config:
        return {"emailMessageId": config["emailMessageId"]}

    def problems(self, graph: Graph, identifier: str, situation: Situation) -> list[str]:
        if not graph.nodes[identifier].config.get("emailMessageId"):
            return ["Write the email."]
        return list(situation.emails.get(identifier, ()))

    def act(self, graph: Graph, identifier: str, node: Node, run: str, look: Look) -> Pass | Leave:
        return Pass(node.next[0], send=True)
