"""A mail server of a few lines, so that it may misbehave in ways that no real one can be told to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PIECE = 0.2  # s between two bytes of one that is slow


class Talk:
    """One connection, seen from the server."""

    def __init__(self, connection: socket.socket, gone: threading.Event, mails: list[bytes]) -> None:
        self._connection, self._gone, self._mails = connection, gone, mails
        self._reading = connection.makefile("rb")

    def say(self, line: str) -> None:
        self.raw(line.encode() + b"\r\n")

    def raw(self, data: bytes) -> None:
        self._connection.sendall(data)

    def slowly(self, line: str) -> None:
        """A byte, a pause, a byte: never silent for long."""
        for sign in f"{line}\r\n".encode():
            self.raw(bytes([sign]))
            if self._gone.wait(PIECE):
                return

    def until(self, command: str, more: str = "") -> bool:
        """Answers as a good server does until this comes. False: they hung up before."""
        while line := self._reading.readline().decode().strip().upper():
            if line.startswith(command):
                return True
            self.say(f"250-moody\r\n250 {more or 'HELP'}" if line.startswith("EHLO") else "250 fine")
        return False

    def body(self, keep: bool = True) -> None:
        self.say("354 go on")
        found = b""
        while not found.endswith(b"\r\n.\r\n"):
            found += self._reading.readline()
        if keep:
            self._mails.append(found)

    def hang(self) -> None:
        """Nothing more, until they hang up."""
        with contextlib.suppress(OSError):
            while self._connection.recv(4096):
                pass

    def endlessly(self) -> None:
        """A line without an end, until they hang up."""
        while True:
            self.raw(b"x" * 4096)

    def fine(self) -> None:
        self.say("220 moody")
        self.goes_on()

    def goes_on(self) -> None:
        while self.until("DATA"):
            self.body()
            self.say("250 taken")


Mood = Callable[[Talk], None]


class Moody:
    """Each connection gets the next mood; when there is none left, it is a good server."""

    def __init__(self, moods: tuple[Mood, ...]) -> None:
        self._moods = list(moods)
        self._gone = threading.Event()
        self._lock = threading.Lock()
        self.mails: list[bytes] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.append(connection)
                mood = self._moods.pop(0) if self._moods else Talk.fine
            threading.Thread(target=self._talk, args=(connection, mood), daemon=True).start()

    def _talk(self, connection: socket.socket, mood: Mood) -> None:
        with connection, contextlib.suppress(OSError):
            mood(Talk(connection, self._gone, self.mails))

    def hang_up(self) -> None:
        """All of them, whatever they wait for."""
        self._gone.set()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.hang_up()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@contextmanager
def moody(*moods: Mood) -> Iterator[Moody]:
    server = Moody(moods)
    try:
        yield server
    finally:
        server.close()


# --- before anything has left ----------------------------------------------------------------------------------------


def never_greets(talk: Talk) -> None:
    talk.hang()


def greets_slowly(talk: Talk) -> None:
    talk.slowly("220 this takes a while")


def greets_with_421(talk: Talk) -> None:
    talk.say("421 4.3.2 too many connections, come back later")


def greets_with_250(talk: Talk) -> None:
    talk.say("250 this is no greeting")
    talk.hang()


def greets_endlessly(talk: Talk) -> None:
    talk.endlessly()


def greets_and_goes(talk: Talk) -> None:
    talk.raw(b"22")


def says_251_to_the_sender(talk: Talk) -> None:
    talk.say("220 moody")
    talk.until("MAIL")
    talk.say("251 what was asked?")
    talk.hang()


def hangs_at_the_recipient(talk: Talk) -> None:
    talk.say("220 moody")
    talk.until("RCPT")
    talk.hang()


def hangs_at_data(talk: Talk) -> None:
    talk.say("220 moody")
    talk.until("DATA")
    talk.hang()


def goes_at_data(talk: Talk) -> None:
    talk.say("220 moody")
    talk.until("DATA")
    talk.raw(b"35")


def babbles_at_data(talk: Talk) -> None:
    talk.say("220 moody")
    talk.until("DATA")
    talk.endlessly()


# --- when it asks for encryption -------------------------------------------------------------------------------------


def _at_starttls(talk: Talk) -> None:
    talk.say("220 moody")
    talk.until("STARTTLS", "STARTTLS")


def refuses_encryption(talk: Talk) -> None:
    _at_starttls(talk)
    talk.say("454 4.7.0 not now")
    talk.goes_on()


def encrypts_with_nonsense(talk: Talk) -> None:
    _at_starttls(talk)
    talk.say("220 go on")
    talk.raw(b"this is no handshake\r\n" * 40)
    talk.hang()


def goes_at_encryption(talk: Talk) -> None:
    _at_starttls(talk)
    talk.say("220 go on")


def hangs_at_encryption(talk: Talk) -> None:
    _at_starttls(talk)
    talk.say("220 go on")
    talk.hang()


# --- after the mail has left -----------------------------------------------------------------------------------------


def _with_the_mail(talk: Talk) -> None:
    talk.say("220 moody")
    talk.until("DATA")
    talk.body()


def takes_and_hangs(talk: Talk) -> None:
    _with_the_mail(talk)
    talk.hang()


def takes_and_answers_slowly(talk: Talk) -> None:
    _with_the_mail(talk)
    talk.slowly("250 2.0.0 taken")


def takes_and_goes_in_the_middle_of_its_answer(talk: Talk) -> None:
    _with_the_mail(talk)
    talk.raw(b"250 2.0.0 tak")


def takes_and_babbles(talk: Talk) -> None:
    _with_the_mail(talk)
    talk.endlessly()


def takes_and_says_nonsense(talk: Talk) -> None:
    _with_the_mail(talk)
    talk.say("yes")
    talk.goes_on()


def takes_and_says_go_on(talk: Talk) -> None:
    _with_the_mail(talk)
    talk.say("354 go on")
    talk.goes_on()
