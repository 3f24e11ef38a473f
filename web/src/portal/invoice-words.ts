/// What the invoice says; fetched with it.

export const words = {
  title: 'Invoice',
  draft: 'Draft',
  draft_note:
    'Lines are added while the work goes on. The invoice gets its number when the job is completed.',
  number: 'Number',
  date: 'Date',
  job: 'Job',
  from: 'From',
  to: 'To',
  tax_number: (number: string) => `Tax number ${number}`,
  empty: 'Nothing has been charged yet.',
  columns: {
    code: 'Code',
    description: 'Description',
    quantity: 'Quantity',
    unit_price: 'Unit price',
    tax: 'Tax',
    net: 'Total excl. tax',
    gross: 'Total incl. tax',
  },
  net: 'Total excl. tax',
  tax: (rate: string, of: string) => `Tax ${rate} of ${of}`,
  total: 'Total',
  print: 'Print',
  download: 'Download PDF',
  parties_failed: 'The addresses could not be loaded.',
};
