"""How forms look: `{{ form }}` yields our fields (label above, help under it, error under the field, a summary that links)."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    form_template_name = "ui/forms/form.html"
    field_template_name = "ui/forms/field.html"
