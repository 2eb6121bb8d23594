/**
 * Tickets written for measuring `builtin/extractive`, in varied tone, length and spelling, each with the labels that
 * a person gave it. The model was tuned on `TUNING_TICKETS` alone; `HELD_OUT_TICKETS` only measure.
 */
export type Category = 'billing' | 'technical' | 'account' | 'shipping' | 'feature_request' | 'other';
export type Priority = 'low' | 'normal' | 'high' | 'urgent';

export interface LabelledTicket {
  readonly text: string;
  readonly category: Category;
  readonly priority: Priority;
}

export const CATEGORIES = [
  { name: 'billing', description: 'Invoices, charges, refunds and payment methods', examples: [] },
  { name: 'technical', description: 'Errors, crashes and things that do not work', examples: [] },
  { name: 'account', description: 'Sign-in, passwords, profile and access', examples: [] },
  { name: 'shipping', description: 'Delivery, tracking, damaged or wrong parcels', examples: [] },
  { name: 'feature_request', description: 'Wishes for something that does not exist yet', examples: [] },
  { name: 'other', description: 'Everything else', examples: [] },
] as const;

export const PRIORITIES = (['low', 'normal', 'high', 'urgent'] as const).map((name) => ({
  name,
  description: '',
  examples: [],
}));

function ticket(category: Category, priority: Priority, text: string): LabelledTicket {
  return { category, priority, text };
}

export const TUNING_TICKETS: readonly LabelledTicket[] = [
  ticket(
    'billing',
    'high',
    'Hi, I just looked at my card statement and you charged me twice for March, 49 EUR each. Please refund one of them. Order 88213. Thanks, Olga',
  ),
  ticket(
    'billing',
    'normal',
    'Could you send me the invoice for last month with our VAT number on it? Accounting keeps asking. VAT: DE 2938471',
  ),
  ticket('billing', 'low', 'Where do I find old receipts? No rush, just doing my books for the year.'),
  ticket(
    'billing',
    'normal',
    'My credit card expired and I got a mail that the renewal failed. How do I enter the new one? The plan is up on the 14th.',
  ),
  ticket(
    'billing',
    'high',
    'I cancelled in January. It is now APRIL and you are still taking 29 dollars from my account every month. This is the third email I write. I want all of it back or I dispute it with my bank.',
  ),
  ticket(
    'billing',
    'urgent',
    'Subject: payments failing for ALL customers\n\nSince 9am none of our customers can pay with card through your checkout. We are losing sales every minute. We need somebody on this immediately.',
  ),
  ticket(
    'billing',
    'normal',
    'we moved from the monthly to the yearly plan, but the bill still shows monthly price? can u check',
  ),
  ticket(
    'technical',
    'urgent',
    'Production is down. Every request to the API returns 503 since 14:02 UTC and all our users are affected. Please escalate!!!',
  ),
  ticket(
    'technical',
    'normal',
    'The export button on the reports page does nothing when I click it. Chrome 128, Windows 11. It works in Firefox so I use that for now.',
  ),
  ticket(
    'technical',
    'low',
    'Tiny thing: the tooltip on the settings page says "recieve" instead of "receive". Not urgent at all.',
  ),
  ticket(
    'technical',
    'high',
    'The app crashes every time I open the camera since the last update. I am a field inspector and cannot do my work without it. Pixel 8, Android 15.',
  ),
  ticket(
    'technical',
    'urgent',
    'After yesterdays sync all our projects are gone. Three years of work, the whole team sees an empty list. Please tell me there is a backup!',
  ),
  ticket(
    'technical',
    'normal',
    'Dashbord is really slow today, takes about 20 seconds to load. Yesterday it was fine.',
  ),
  ticket(
    'technical',
    'low',
    'Sometimes the spinner stays on screen a second longer than it should. Doesnt bother me, just thought you would like to know.',
  ),
  ticket(
    'technical',
    'normal',
    'Webhook deliveries fail with a signature mismatch although the secret is right. Here is the payload and the header that I get. What am I doing wrong?',
  ),
  ticket(
    'technical',
    'high',
    'We can not print shipping labels from the warehouse screen, error 0x8004. The truck comes tomorrow morning and 60 orders are waiting.',
  ),
  ticket(
    'account',
    'high',
    'I am locked out. I changed my phone and the authenticator app is gone, and I have a client call this afternoon for which I need the files.',
  ),
  ticket(
    'account',
    'normal',
    'Hello, I would like to change the email address of my profile from ana@old.example to ana@new.example. Where can I do it?',
  ),
  ticket('account', 'normal', 'pasword reset mail does not arrive, checked spam too. username is kwolf77'),
  ticket(
    'account',
    'urgent',
    'Someone logged in to my account from a country I have never been to and changed the recovery email!! I did not authorize this. Please lock it right now.',
  ),
  ticket('account', 'low', 'How can I change my display name? I got married :) whenever you have a moment'),
  ticket(
    'account',
    'normal',
    'Please remove our former employee Tom Baker from the workspace and give his seat to lena@firm.example.',
  ),
  ticket(
    'account',
    'high',
    'None of us can sign in through SSO since this morning, it loops back to the login page. 40 people are affected.',
  ),
  ticket('shipping', 'normal', 'Where is my order? Tracking for parcel 1Z999AA1 has not moved for five days.'),
  ticket(
    'shipping',
    'high',
    'The vase arrived smashed into pieces, and it was a birthday present for tomorrow. Photos attached. I need a replacement sent express.',
  ),
  ticket('shipping', 'normal', 'I ordered the blue jacket in M and got a red one in XL. How do I send it back?'),
  ticket(
    'shipping',
    'high',
    'My insulin cooler was due on Monday and it is Thursday. Carrier says it is stuck in a depot. I depend on that delivery, please help quickly.',
  ),
  ticket('shipping', 'low', 'Do you ship to Norway? Thinking about ordering a lamp some time next month.'),
  ticket(
    'shipping',
    'normal',
    'Can I still change the delivery address of order #55812? I typed the wrong house number.',
  ),
  ticket('feature_request', 'low', 'It would be great if the calendar could show week numbers. Just a suggestion!'),
  ticket('feature_request', 'low', 'Any plans for a dark mode? My eyes would thank you.'),
  ticket(
    'feature_request',
    'normal',
    'Our auditors ask for it: could you add an option to export the invoice list as CSV with the tax columns? Right now we copy them by hand each month, which takes hours.',
  ),
  ticket('feature_request', 'low', 'I wish I could pin a note to the top of the list. Keep up the good work.'),
  ticket(
    'feature_request',
    'normal',
    'We would like to be able to restrict API keys to certain IP ranges. Is that on the roadmap? It decides whether we roll this out to other departments.',
  ),
  ticket(
    'other',
    'low',
    'Just wanted to say thank you to Priya from your team, she was wonderful and patient with me. Great service!',
  ),
  ticket(
    'other',
    'low',
    'Hello, I am a journalist with the Harbour Gazette writing about small software companies. Could I interview your founder for an article?',
  ),
  ticket('other', 'low', 'Dear hiring team, please find attached my CV for the internship in your design department.'),
  ticket(
    'other',
    'low',
    'We offer SEO services and can bring your website to the first page of Google. Reply for a quote.',
  ),
  ticket(
    'other',
    'normal',
    'Do you have an office in Lisbon that we could visit? Our delegation is there in the second week of June.',
  ),
  ticket('other', 'normal', 'I would like to know whether your company publishes a sustainability report.'),
];

export const HELD_OUT_TICKETS: readonly LabelledTicket[] = [
  ticket(
    'billing',
    'high',
    'Good morning,\n\nI was overcharged on invoice INV-20931: you billed 12 seats, we have 9. Our finance department pays on Friday, so please correct it before then.\n\nRegards,\nM. Okafor',
  ),
  ticket(
    'billing',
    'normal',
    'i want my money back, the product isnt for me. bought it on the 3rd, your site says 30 days',
  ),
  ticket(
    'billing',
    'normal',
    'Is it possible to pay by bank transfer instead of credit card? Our company does not hand out cards.',
  ),
  ticket(
    'billing',
    'low',
    'When you get a chance, could you update the company name on our receipts? We are now Fernhill Studio Ltd.',
  ),
  ticket(
    'billing',
    'high',
    "You debited 1,180.00 GBP from our account this morning, our plan costs 118. We're overdrawn because of that. Please reverse the transaction today.",
  ),
  ticket(
    'billing',
    'normal',
    'The discount code SPRING20 was not applied at checkout, I paid full price. Could you credit the difference?',
  ),
  ticket(
    'billing',
    'low',
    'What is the difference between the monthly and the annual price? Just comparing, no hurry.',
  ),
  ticket(
    'billing',
    'urgent',
    'URGENT: our subscription was suspended for non payment although we paid the invoice on the 2nd. The entire clinic is without the system and patients are waiting. Proof of payment attached.',
  ),
  ticket(
    'technical',
    'urgent',
    'The whole checkout is broken, customers see a blank page after clicking Pay. Live site. We run a sale today!!',
  ),
  ticket(
    'technical',
    'normal',
    "I keep getting 'Error 422: invalid field' when importing contacts from a csv. File has 300 rows, attached the first ten.",
  ),
  ticket(
    'technical',
    'normal',
    'Push notifications stopped after I upgraded to iOS 19. Reinstalling the app did not help.',
  ),
  ticket(
    'technical',
    'high',
    'Reports have been showing wrong totals since the release on Tuesday and we already sent two of them to a client. This is embarrassing, we need a fix quickly.',
  ),
  ticket(
    'technical',
    'low',
    'On my ultra wide monitor the logo in the footer is a few pixels off. Cosmetic, ignore if busy.',
  ),
  ticket(
    'technical',
    'high',
    'the desktop client freezes on startup for everyone in our office (windows 10), we cant do anything since 8 am, reboot didnt help',
  ),
  ticket(
    'technical',
    'normal',
    'Video calls disconnect after roughly ten minutes. Happens on wifi and on cable. Any idea?',
  ),
  ticket(
    'technical',
    'urgent',
    'We found that by changing the id in the URL one can open other customers documents without logging in. This is a serious data leak, please react immediately.',
  ),
  ticket(
    'technical',
    'low',
    'Search results are sorted oddly when I type an accent (é). Minor annoyance, I can live with it.',
  ),
  ticket(
    'technical',
    'normal',
    'Bluetooth pairing between the scale and the app fails at 80%. Firmware 2.1.4, Samsung A54. Tried three times.',
  ),
  ticket(
    'account',
    'normal',
    'Cant login anymore. It says "invalid credentials" but I am sure the password is right. Can you reset it for me?',
  ),
  ticket('account', 'normal', 'How do I turn on two-factor authentication for my whole team?'),
  ticket(
    'account',
    'urgent',
    'I think I have been hacked. There are messages in my outbox that I never wrote, and my password no longer works. Please freeze the account NOW.',
  ),
  ticket(
    'account',
    'low',
    'Hi! I signed up with two different emails by mistake. Could you merge the accounts at some point? No worries if it takes a while.',
  ),
  ticket(
    'account',
    'high',
    'Our only administrator left the company and nobody here has access to the admin settings any more. New staff start tomorrow and we can not invite them.',
  ),
  ticket(
    'account',
    'normal',
    'I never received the activation email after registering. My address is p.nowak@mail.example',
  ),
  ticket('account', 'normal', 'Please delete my profile and everything you have stored about me.'),
  ticket(
    'account',
    'high',
    'You suspended my account without any explanation and I have been waiting for an answer for two weeks. All my clients bookings are in there!',
  ),
  ticket(
    'shipping',
    'normal',
    'Package says delivered but there is nothing at my door. I asked the neighbours too. Order 70-4412.',
  ),
  ticket(
    'shipping',
    'high',
    'This is the second time the courier did not show up. I took two days off work for that. Unacceptable. When will the washing machine be delivered?',
  ),
  ticket('shipping', 'normal', 'One of the six glasses in the box was cracked. Could you send a new one?'),
  ticket(
    'shipping',
    'urgent',
    'The wedding dress has to be here by tomorrow noon and tracking shows it is in the wrong city. PLEASE CALL ME ASAP, the wedding is on Saturday.',
  ),
  ticket('shipping', 'low', 'Curious: do you offer pickup at your store instead of home delivery?'),
  ticket('shipping', 'normal', 'recieved wrong item, ordered coffee beans got tea. order nr 99120'),
  ticket('shipping', 'normal', 'My parcel has been held in customs for a week. Which papers do they need from you?'),
  ticket(
    'feature_request',
    'low',
    'Love the app. One idea: let us sort the list by date added. That would be super handy.',
  ),
  ticket('feature_request', 'low', 'Please consider adding a keyboard shortcut for archiving messages.'),
  ticket(
    'feature_request',
    'low',
    'Would it be possible to support Portuguese in the interface one day? Many of my colleagues would be happy.',
  ),
  ticket(
    'feature_request',
    'normal',
    'Suggestion from our support team: there is no way to assign one ticket to two people. An option for that would save us a lot of double work.',
  ),
  ticket(
    'feature_request',
    'low',
    'Why is there no widget for the home screen? Every other app has one. Would be nice to have.',
  ),
  ticket(
    'other',
    'low',
    'Hey, we run a podcast about remote work and would love to have somebody from your company as a guest.',
  ),
  ticket('other', 'low', 'You people are brilliant. The new version made my day, five stars!'),
  ticket(
    'other',
    'normal',
    'Good afternoon. I am looking for the postal address of your headquarters, I have to send you a signed letter.',
  ),
  ticket(
    'other',
    'low',
    'I am writing my thesis on customer support and have a short survey of five questions. Would you take part?',
  ),
];
