-- Which choices of a producer are decided, so that no list reads those. A released migration is never edited.

-- The producers' units that gave the service already when it was offered: OIDs with commas between them, a dash where there is
-- none. Null: it was offered before this was noted.
ALTER TABLE producer_choice ADD COLUMN serving TEXT;
-- The unit that got the service after the offer, as the rights of the relationship have it; null while none has, and of a choice
-- that was decided before this was noted and whose relationship has no new version since.
ALTER TABLE producer_choice ADD COLUMN handed_to INTEGER REFERENCES term (number);
DROP INDEX choice_by_register;
CREATE INDEX choice_by_register ON producer_choice (controller, choice_key)
    WHERE chosen_line IS NOT NULL AND ended_line IS NULL AND handed_to IS NULL;
