"""Addresses that an advocate invites."""

from django.db import transaction
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import given, persons
from advocacy.api import fields, found, programs
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import SIGNED_UP, sample
from advocacy.api.keys import AsCustomer, customer_of
from advocacy.api.lists import ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.mails import inviting
from advocacy.models import Advocate, Program
from advocacy.refusals import NotFound
from referrals import invitations, links
from referrals.models import Invitation


class InvitationCall(fields.StrictSerializer):
    advocate = fields.Name(help_text="adv_…")
    email = fields.Text(max_length=320, help_text="Of the friend. It is not kept, only recognised when they come.")

    send = fields.Flag(
        required=False, help_text="Whether it is mailed from here; default false. The program must mail invitations."
    )
    words = fields.Text(
        required=False,
        max_length=inviting.MOST_WORDS,
        help_text="With send: what the advocate writes to their friend, at most 500 characters, no addresses.",
    )

    example = {"advocate": sample("advocate"), "email": "fred@example.com"}


class MyInvitationCall(InvitationCall):
    advocate = None
    program = programs.ProgramName()

    example = {"email": "fred@example.com", "send": True, "words": "I buy my coffee there."}


class InvitationAnswer(serializers.ModelSerializer):
    id = fields.PublicId("invitation", source="public_id")
    advocate = fields.PublicId("advocate", source="advocate.person_id")
    program = fields.PublicId("program", source="link.program.public_id")
    link = fields.PublicId("link", source="link.public_id")
    url = serializers.SerializerMethodField(help_text="What to send: the advocate's link.")
    invited_at = fields.Moment()

    class Meta:
        model = Invitation
        fields = ["id", "advocate", "program", "link", "url", "invited_at"]

    def get_url(self, invitation) -> str:
        return links.address(invitation.link)

    example = {
        "id": sample("invitation"),
        "advocate": sample("advocate"),
        "program": sample("program"),
        "link": sample("link"),
        "url": "https://referrals.acme.example/r/ALICE",
        "invited_at": SIGNED_UP,
    }


def of(storefront):
    return Invitation.objects.filter(storefront=storefront).select_related("advocate", "link__program")


@documented(
    "Invitations",
    get=Call("List invitations", InvitationAnswer, many=True),
    post=Call(
        "Invite an address",
        InvitationAnswer,
        takes=InvitationCall,
        creates=True,
        description="An advocate invites a friend by e-mail. The mail leaves from their own mail program, or from "
        "yours; with `send` from here, if the program mails invitations: once to an address, ever, and at most 10 a "
        "day by one person. Who signs up or orders with that address within the program's window was brought "
        "by them, on whatever device, unless a code, a coupon or a click says otherwise. The same address again is the "
        "same invitation; one person can invite 50 a day.",
    ),
)
class Invitations(ListEndpoint):
    answer = InvitationAnswer
    filters = {
        "advocate": Of("advocate", Advocate, "advocate"),
        "program": Of("link__program", Program, "program", external="slug"),
        **between("invited_at"),
    }

    def rows(self):
        return of(self.request.storefront)

    def post(self, request):
        call = self.taken(InvitationCall)
        people = Advocate.objects.filter(storefront=request.storefront).select_related(
            "storefront", "customer", "program"
        )
        advocate = found.one(people, "advocate", call["advocate"])
        with transaction.atomic():
            invitation, new = _invite(advocate, call, self.at)
        return created(InvitationAnswer(invitation).data, new=new)


@documented(
    "Me",
    post=Call(
        "Invite a friend",
        InvitationAnswer,
        takes=MyInvitationCall,
        creates=True,
        description="The customer of the Customer-Token invites an address; as POST /invitations. Whether it was "
        "invited or mailed before, by whomever, is not told.",
    ),
)
class MyInvitations(Endpoint):
    permission_classes = [AsCustomer]

    def post(self, request):
        call = self.taken(MyInvitationCall)
        program = programs.named(storefront=request.storefront, name=call.get("program"))
        mine = persons.of_advocate(customer_of(request)).filter(program=program)
        advocate = mine.select_related("storefront", "customer", "program").first()
        if advocate is None:
            raise NotFound("unknown_advocate", "This customer is no advocate of the program; they join it first.")
        with transaction.atomic():
            invitation, new = _invite(advocate, call, self.at)
        return created(InvitationAnswer(invitation).data, new=new)


def _invite(advocate, call, at):
    mailed, words = call.get("send", False), call.get("words", "")
    if words and not mailed:
        given.refuse("words", "words go with the mail: say send true, or write them in what you send yourself.")
    return invitations.invite(advocate=advocate, email=call["email"], mailed=mailed, words=words, at=at)


@documented("Invitations", get=Call("Get an invitation", InvitationAnswer, also=path_parameters("id")))
class OneInvitation(Endpoint):
    def get(self, request, id):
        return Response(InvitationAnswer(found.one(of(request.storefront), "invitation", id)).data)
