-- E-mails carry the company's logo: the courier reads it.
select open_to_courier('file_picture');
