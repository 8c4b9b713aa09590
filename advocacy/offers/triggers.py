"""The events that pages have words for; rules on others are the storefront's own business."""

ORDER, SIGN_UP, JOINING = "conversion.recorded", "referral.created", "advocate.enrolled"
TESTIMONIAL, SURVEY = "testimonial.published", "survey.answered"
TOLD = (ORDER, SIGN_UP, JOINING, TESTIMONIAL, SURVEY)
