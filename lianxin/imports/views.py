"""Pages of workbooks: choose a sheet, upload, look at the preview, bring it in."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header

from lianxin.accounts.models import User
from lianxin.imports import actions, background, queries
from lianxin.imports.forms import UploadForm
from lianxin.imports.sheets import Sheet
from lianxin.imports.template import write_mistakes, write_template
from lianxin.organizations.gate import requires

IMPORTERS = "import.records|import.units"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@requires(IMPORTERS)
def imports(request: HttpRequest) -> HttpResponse:
    """What may be brought in, and what was."""
    history = queries.history_for(request.user, request.GET.get("page", 1))
    return render(request, "imports/imports.html", {"sheets": queries.sheets_for(request.user), "history": history})


@requires(GET=IMPORTERS, POST=IMPORTERS)
def import_sheet(request: HttpRequest, key: str) -> HttpResponse:
    """One sheet: its template, the form, and the workbook the reader sent last."""
    sheet = queries.sheet_for(request.user, key)
    form = _form(request, sheet)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        content = file.read()
        try:
            upload = actions.open_upload(
                actor=_me(request), sheet=sheet, file_name=file.name, content=content, mapping=form.mapping
            )
        except actions.UploadError as refused:
            form.add_error("file", refused)
        else:
            wait = len(content) <= background.AT_ONCE_BYTES
            background.run(actions.stage_upload, wait=wait, upload=upload, content=content)
            return redirect("import_sheet", key=key)
    return _sheet_page(request, sheet, form)


def _form(request: HttpRequest, sheet: Sheet) -> UploadForm:
    if request.method == "POST":
        return UploadForm(request.POST, request.FILES, sheet=sheet)
    preview = queries.preview_for(_me(request), sheet) if sheet.mapped else None
    return UploadForm(sheet=sheet, read_as={**preview.upload.read_as, **preview.upload.mapping} if preview else None)


def _sheet_page(request: HttpRequest, sheet: Sheet, form: UploadForm) -> HttpResponse:
    preview = queries.preview_for(_me(request), sheet, request.GET.get("page", 1))
    context: dict[str, Any] = {"sheet": sheet, "form": form, "preview": preview, "upload": preview and preview.upload}
    return render(request, "imports/sheet.html", context, status=422 if form.errors else 200)


@requires(IMPORTERS)
def import_template(request: HttpRequest, key: str) -> HttpResponse:
    sheet = queries.sheet_for(request.user, key)
    return _workbook(write_template(sheet), f"{sheet.title}.xlsx")


@requires(IMPORTERS)
def import_mistakes(request: HttpRequest, key: str) -> HttpResponse:
    """Every wrong cell of the reader's last workbook; no rows where there is none."""
    sheet = queries.sheet_for(request.user, key)
    preview = queries.preview_for(_me(request), sheet)
    mistakes = queries.mistakes_of(preview.upload) if preview else ()
    return _workbook(write_mistakes(sheet, mistakes), f"{sheet.title}-mistakes.xlsx")


@requires(POST=IMPORTERS)
def import_publish(request: HttpRequest, key: str) -> HttpResponse:
    """Bring the checked workbook in. Pressed twice, it is brought in once."""
    sheet = queries.sheet_for(request.user, key)
    try:
        upload = actions.claim_upload(actor=_me(request), sheet=sheet)
    except actions.UploadError as refused:
        messages.warning(request, refused.messages[0])
    else:
        if upload is not None:
            background.run(actions.publish_upload, wait=upload.to_write <= background.AT_ONCE, upload=upload)
    return redirect("import_sheet", key=key)


@requires(POST=IMPORTERS)
def import_discard(request: HttpRequest, key: str) -> HttpResponse:
    sheet = queries.sheet_for(request.user, key)
    actions.discard_upload(actor=_me(request), sheet=sheet)
    return redirect("import_sheet", key=key)


def _workbook(content: bytes, name: str) -> HttpResponse:
    disposition = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return HttpResponse(content, content_type=XLSX, headers={"Content-Disposition": disposition})


def _me(request: HttpRequest) -> User:
    return cast(User, request.user)
