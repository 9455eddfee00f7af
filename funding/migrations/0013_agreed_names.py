"""Whoever agreed to be named beside what they give, as consents of their own: what stands on public pages stays."""

from django.db import migrations

AGREED = """
INSERT INTO mydata_consent (person_id, act, subject, what, place_id, title, url, shown, version, given_at, given_by_id)
SELECT DISTINCT ON (home.person_id, pledge.proposal_id)
    home.person_id, 'funding.pledge', pledge.proposal_id, 'name', proposal.place_id,
    left(proposal.title, 120), '/projects/' || proposal.number || '/pledge/', pledge.name_public, person.consented_to, pledge.at,
    pledge.by_id
FROM funding_pledge AS pledge
JOIN residents_residence AS home ON home.id = pledge.giver_id
JOIN residents_person AS person ON person.id = home.person_id
JOIN proposals_proposal AS proposal ON proposal.id = pledge.proposal_id
WHERE pledge.publishes_name AND NOT pledge.is_waiting
ORDER BY home.person_id, pledge.proposal_id, pledge.id DESC
"""


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0012_money_words"),
        ("mydata", "0003_consents"),
    ]

    operations = [migrations.RunSQL(AGREED, migrations.RunSQL.noop)]
