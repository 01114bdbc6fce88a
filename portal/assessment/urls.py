"""Addresses of assessment."""

from django.urls import path

from portal.assessment.views import book, by_hand, export, marks, mine, office, publish, review

app_name = "assessment"
urlpatterns = [
    path("attempts/<int:pk>/review/", review.review, name="review"),
    path("attempts/<int:pk>/review/<int:criterion>/", review.decide, name="decide"),
    path("attempts/<int:pk>/review/<int:criterion>/draft/", review.draft, name="draft"),
    path("projects/<int:pk>/assess/<int:team>/", review.assess, name="assess"),
    path(
        "projects/<int:pk>/assess/<int:team>/<int:criterion>/",
        review.assess_one,
        name="assess-one",
    ),
    path(
        "projects/<int:pk>/assess/<int:team>/<int:criterion>/draft/",
        review.assess_draft,
        name="assess-draft",
    ),
    path("editions/<int:pk>/results/<int:person>/assess/", review.open_desk, name="open-desk"),
    path("editions/<int:pk>/results/", book.book, name="book"),
    path("editions/<int:pk>/results/<int:person>/", book.record, name="record"),
    path("editions/<int:pk>/results/<int:person>/say/", by_hand.say, name="say"),
    path("editions/<int:pk>/results/<int:person>/card.pdf", export.card, name="card"),
    path("editions/<int:pk>/results.<str:kind>", export.export, name="export"),
    path("editions/<int:pk>/publish/", publish.publish, name="publish"),
    path("editions/<int:pk>/marks/", marks.marks, name="marks"),
    path("editions/<int:pk>/marks/<slug:mark>/", marks.mark, name="mark"),
    path("editions/<int:pk>/marks/<slug:mark>/import/", marks.upload, name="upload"),
    path("editions/<int:pk>/resits/", office.resits, name="resits"),
    path("editions/<int:pk>/requests/", office.requests, name="requests"),
    path("editions/<int:pk>/requests/<int:number>/", office.answer, name="answer"),
    path("editions/<int:pk>/outcomes/", office.outcomes, name="outcomes"),
    path("editions/<int:pk>/my-result/", mine.mine, name="mine"),
    path("editions/<int:pk>/my-result/card.pdf", export.my_card, name="my-card"),
    path("editions/<int:pk>/my-result/ask/", mine.ask, name="ask"),
    path("editions/<int:pk>/my-result/scale/", mine.scale, name="scale"),
    path("editions/<int:pk>/checklist/", mine.checklist, name="checklist"),
    path("editions/<int:pk>/my-result/resit/", mine.appoint, name="appoint"),
]
