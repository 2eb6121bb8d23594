/**
 * Related words of support, business and urgency vocabulary, so that a label with a bare name ("billing") is found in
 * a text that never says it ("you took the money twice"). Each concept lists the words in a label that call it up,
 * the words and phrases in a text that speak for it, and the wider concepts that it counts for when no label names
 * it.
 */
export interface ConceptSource {
  readonly id: string;
  /** Words of a label's name or description that mean this concept. */
  readonly names: string;
  /** Comma-separated words and phrases of a text; `*2`, `*3`… is the weight, 1 without. */
  readonly terms: string;
  readonly wider: readonly string[];
  /** What the writer wants, rather than what the text is about: outweighs topics. */
  readonly intent?: true;
}

export const CONCEPTS: readonly ConceptSource[] = [
  {
    id: 'billing',
    names: 'billing bill invoice payment finance financial charge accounting money subscription renewal',
    terms: `
      billing*3, bill*2, billed*3, invoice*3, charge*2, overcharge*4, charged twice*4, double charge*4,
      duplicate charge*4, charged again*3, payment*2, pay*1.5, paid*1.5, paying*1.5, creditcard*2, card declined*3,
      declined*2, statement*1.5, bank*1.5, receipt*2, vat*3, tax*2, renewal*2, renew*2, auto renew*3,
      subscription*1.5, direct debit*3, transaction*2, iban*2, prorated*2, proration*2, credit note*3, discount*1.5,
      coupon*2, promo code*2, voucher*1.5, price increase*2, fee*2, deducted*2, withdrew*1.5, debited*2, money*1.5,
      took money*2, purchase order*2, net 30*2, past due*2, overdue*1.5, balance*1.5, upgrade plan*1.5, downgrade*1.5,
      paypal*2, billing address*2, billing cycle*3, payment method*3, expired card*2, trial ended*1.5, seats*1,
      per seat*1, from my account*3, from our account*3, my bank*2, every month*1, yearly*1, monthly*1, accounting*2,
      amount*1, usd*1, eur*1, dollars*1, euros*1, bucks*1`,
    wider: ['account'],
  },
  {
    id: 'refund',
    names: 'refund reimbursement chargeback moneyback',
    terms: `
      refund*4, reimburse*3, reimbursement*3, money back*4, chargeback*3, dispute*2, credit back*2, return my money*4,
      give back*1, get back money*3, refunded*4`,
    wider: ['billing', 'returns'],
  },
  {
    id: 'account',
    names: 'account login access password authentication profile signin user credential identity',
    terms: `
      login*3, password*3, passcode*2, username*2, locked out*4, lock out*3, account locked*4, unlock*2, twofactor*3,
      authenticator*3, verification code*3, verify*1.5, verification*1.5, reset link*3, reset email*3,
      reset password*4, sso*2, account*1.5, my account*1, display name*3, my name*2, change name*3, nickname*2,
      profile*2, email address*1, change email*2.5, change my email*3, update email*2, username change*2, access*1,
      permission*1.5, invite*1.5, invitation*1.5, role*1, admin rights*2, deactivate*2, reactivate*2.5, suspended*2.5,
      disabled account*3, account disabled*3, banned*2, delete account*3, delete my account*4, close account*3,
      close my account*4, merge account*3, transfer ownership*3, owner*1, credentials*2.5, sign up*1.5, signup*1.5,
      register*1.5, activation*1.5, activation email*2, confirm email*2, session*1, logged out*2, forgot*1.5,
      my details*1.5, phone number*1, last name*1.5, surname*2, magic link*3, captcha*2, team member*1, colleague*0.5,
      former employee*2.5, workspace*1.5, remove user*2.5, add user*2, new user*1.5, administrator*1.5, admin*1`,
    wider: ['technical'],
  },
  {
    id: 'technical',
    names: 'technical tech troubleshooting engineering software it incident work',
    terms: `
      api*1.5, endpoint*2, webhook*2, sdk*2, integration*1.5, sync*2, syncing*2.5, synchronize*2, browser*1.5,
      chrome*1.5, firefox*1.5, safari*1.5, android*1.5, ios*1.5, iphone*1, app*1, update*0.5, latest version*1.5,
      version*1, install*1.5, uninstall*2, reinstall*2, upload*1.5, uploading*1.5, download*1, button*1, dashboard*1,
      screen*0.7, page*0.5, server*1.5, database*1.5, log*1, console*1.5, loop*1.5, spinning*2.5, loading*1.5,
      infinite*1.5, wrong result*2, incorrect data*1.5, import*1, export*1, csv*1, pdf*0.7, print*0.7, printer*1,
      wifi*1.5, bluetooth*2, connect*1, connection*1.5, disconnect*2, cache*1.5, notification*1,
      push notification*1.5, outage*2.5, offline*1.5, reboot*2, restart*1.5, firmware*2.5, driver*1.5, data loss*2,
      gone*0.7, ssl*2, certificate*1.5, dns*2, query*1, search*0.7, render*1.5, display*0.7, tooltip*1.5,
      alignment*1.5, layout*1.5, settings page*1.5, nothing when i click*3, when i click*2`,
    wider: ['account'],
  },
  {
    id: 'malfunction',
    names: 'bug error crash broken defect malfunction glitch fault failure defective problem issue',
    terms: `
      bug*3, error*3, crash*3, crashing*3, freeze*3, frozen*2.5, freezing*3, hang*2, broken*2, not work*2.5,
      stop work*2.5, does not work*3, not load*3, not loading*3, will not load*3, not respond*2.5, not open*2,
      fail*1.5, failing*2, failure*2, glitch*3, exception*2, stack trace*3, blank screen*3, white screen*3,
      blank page*3, black screen*3, 404*2, 500*2, 502*3, 503*3, 504*3, timeout*2.5, time out*2, timing out*3, slow*2,
      lag*2, laggy*2.5, latency*2, unresponsive*3, spinner*2.5, wrong result*2, wrong total*2, incorrect*1.5,
      malfunction*3, corrupt*2.5, disappear*2, nothing happens*3, reproduce*3, repro*3, steps to reproduce*4,
      regression*3, typo*2, misspell*2, misaligned*2.5, can not print*3, error message*3, invalid*1.5,
      stopped after*2, down*1, garbled*2.5, mismatch*2, duplicate*1, infinite*1.5, does nothing*3, will not start*3,
      will not open*3`,
    wider: ['technical'],
  },
  {
    id: 'outage',
    names: 'outage downtime incident availability infrastructure unavailable',
    terms: `
      outage*4, down*2, site down*4, is down*3, offline*3, unavailable*3, unreachable*3, downtime*4, 503*3, 502*3,
      whole site*2, everyone affected*2, nobody can*2, status page*2`,
    wider: ['technical'],
  },
  {
    id: 'performance',
    names: 'performance speed slow latency slowness',
    terms: `
      slow*3, slowly*3, lag*3, laggy*3, latency*3, sluggish*3, takes forever*3, performance*2, speed*1.5,
      seconds to load*3, minutes to load*3, timeout*2, timing out*2`,
    wider: ['technical'],
  },
  {
    id: 'integration',
    names: 'integration api webhook developer connector sdk',
    terms: `
      api*3, webhook*3, sdk*3, endpoint*3, oauth*2, token*1.5, integration*3, integrate*3, zapier*3, slack*1.5,
      salesforce*2, rest*0.5, graphql*3, payload*2, rate limit*2, json*2, curl*2`,
    wider: ['technical'],
  },
  {
    id: 'data',
    names: 'data export import migration report reporting analytics backup',
    terms: `
      export*2, import*2, csv*2, excel*1.5, spreadsheet*2, migrate*2, migration*2, backup*2, restore*2, data*1,
      report*1.5, analytics*2, dataset*2`,
    wider: ['technical'],
  },
  {
    id: 'shipping',
    names:
      'shipping delivery shipment logistics parcel package order fulfillment fulfilment courier tracking dispatch transport',
    terms: `
      ship*3, shipping*3, shipped*3, shipment*3, delivery*3, deliver*3, delivered*3, parcel*4, package*2.5, courier*4,
      tracking*3, tracking number*3, carrier*2.5, dispatch*3, in transit*3, customs*3, warehouse*2, ups*2, fedex*3,
      dhl*3, usps*3, royal mail*3, post office*2, doorstep*3, porch*2, mailbox*2, box*1, arrive*1.5, not arrived*2,
      never arrived*2.5, has not come*2, not received order*3, where is my order*5, order*1.2, my order*1.5,
      lost in transit*4, wrong address*2.5, delivery address*3, shipping address*3, address*1, driver left*3,
      left with neighbour*3, neighbor*2, neighbour*2, signature*1, estimated delivery*3, delay*1.2, express*1.5,
      overnight*1.5, pallet*3, wrong item*2.5, missing item*2.5, wrong size*2, damaged*1.5, arrived broken*3.5,
      arrived damaged*3.5, smashed*2, crushed*2, dented*1.5, expedite*2, pickup*1.5, stuck in*1, out for delivery*4,
      eta*1.5`,
    wider: ['order'],
  },
  {
    id: 'order',
    names: 'order purchase checkout cart',
    terms: `
      order*2, ordered*2, purchase*1.5, bought*1.5, cart*2.5, checkout*2.5, basket*2, order number*2,
      place an order*3, cancel order*3, cancel my order*3, change order*2, order confirmation*2.5, backorder*3,
      preorder*2.5`,
    wider: ['shipping', 'billing'],
  },
  {
    id: 'returns',
    names: 'return exchange warranty replacement damaged defective rma',
    terms: `
      return*2.5, returning*3, send back*3, sent back*3, exchange*3, replacement*3, replace*2, warranty*4, rma*4,
      damaged*2, defective*3, faulty*3, arrived broken*3, wrong item*3, wrong size*3, return label*4, restocking*3,
      cracked*2, scratch*1.5`,
    wider: ['shipping', 'product', 'billing'],
  },
  {
    id: 'product',
    names: 'product item stock inventory availability quality merchandise',
    terms: `
      in stock*3, out of stock*4, restock*3, sold out*3, size*1.5, color*1.5, material*2, dimension*2, compatible*2,
      compatibility*2, spec*1.5, model*1, quality*1.5, ingredients*2, allergen*2, manual*1.5, product*1`,
    wider: ['sales', 'how_to'],
  },
  {
    id: 'feature_request',
    names: 'feature suggestion idea enhancement improvement wishlist wish roadmap',
    terms: `
      feature request*6, feature suggestion*6, suggestion*4, suggest*3, would be nice*5, would be great*5,
      would be awesome*5, would be helpful*4.5, would be useful*5, would be cool*5, would be amazing*5,
      would be good*3.5, would be handy*5, would be fantastic*5, would be lovely*4, would love*3.5,
      would really love*4, would like to be able*5, would like to see*5, love to see*5, love to have*4, love it if*5,
      nice to have*5, great if*4.5, nice if*5, cool if*5, helpful if*4.5, awesome if*4.5, handy if*5, useful if*4.5,
      wish*3, i wish*3.5, wishlist*4, idea*2.5, enhancement*4, improvement*3, could you add*5, can you add*5,
      please add*4.5, please consider*4, consider adding*5, consider*1.5, add support*4.5, add an option*5,
      add option*5, add the ability*5, ability to*3, option to*2.5, an option*2, any plans*4, plan to add*4,
      planning to add*4, planning to support*4, on the roadmap*5, roadmap*4, in the future*1.5, future release*3.5,
      future version*3, missing feature*4, feature*1.5, dark mode*3, keyboard shortcut*2, should be able to*2.5,
      should have*1, why not add*4, why is there no*3.5, there is no way*2, no way to*2, allow us to*2, let us*1.5,
      let users*2, allow users*2.5, it would help*2.5, would save us*3, would save me*3, vote*1.5, upvote*3, +1*2,
      implement*2, introduce*1.5, proposal*1.5, request*0.7, support for*1.5, native support*2, make it possible*3.5,
      customise*1, customize*1, configurable*1.5`,
    wider: ['feedback', 'how_to', 'product'],
    intent: true,
  },
  {
    id: 'how_to',
    names:
      'question howto inquiry enquiry guidance documentation information info help usage education training onboarding faq instruction',
    terms: `
      how do i*3, how can i*3, how do we*3, how can we*3, how to*2.5, how does*2, where can i*2.5, where do i*2.5,
      where is the*1.5, is it possible*2, is there a way*2, can i*1, can you explain*3, can you tell me*1.5,
      what is the*0.7, what does*1.5, what are the*1, do you have*1.5, do you offer*2, do you support*1.5, does it*1,
      wondering*1.5, curious*1.5, question*2.5, quick question*3.5, documentation*2, docs*2, tutorial*3, guide*2,
      instructions*2.5, walk me through*3, explain*2, understand*1, clarify*2, new to*1.5, getting started*3,
      set up*0.7, setup*1`,
    wider: ['other'],
  },
  {
    id: 'sales',
    names: 'sales pricing quote demo presales enterprise purchase lead prospect commercial quotation',
    terms: `
      pricing*3, price list*3, quote*3, quotation*3, demo*3, enterprise*3, enterprise plan*4, volume discount*4,
      bulk*2.5, reseller*3, procurement*3, license*1.5, licence*1.5, seats*2, evaluate*2, evaluating*2.5, trial*1.5,
      free trial*2, interested in*2.5, sales*3, contact sales*4, talk to someone*2, compare plans*3, which plan*2.5,
      nonprofit*2, education discount*3, student discount*3, how much*2.5, cost*1.5, price*1.5, rfp*3, vendor*1.5,
      buying*1.5, our company*1, employees*1, schedule a call*2.5`,
    wider: ['billing', 'how_to'],
  },
  {
    id: 'security',
    names: 'security breach vulnerability fraud phishing abuse hack compromise',
    terms: `
      security*3, breach*4, hacked*4, hack*3, hacker*3, phishing*4, vulnerability*4, exploit*3, unauthorized*3.5,
      unauthorised*3.5, compromised*4, leak*3, leaked*4, data leak*4, stolen*2.5, stole*2.5, steal*2, hijack*3,
      fraud*3.5, fraudulent*4, scam*3, suspicious*3, someone else*2, not me*2, did not authorize*3, identity theft*4,
      malware*4, ransomware*4, xss*4, sql injection*4, cve*4, pentest*3, penetration test*4, unknown device*3,
      strange login*3, unrecognized*2.5, impersonat*3, spoof*3, other customers data*4, another customer*2`,
    wider: ['account', 'technical'],
  },
  {
    id: 'privacy',
    names: 'privacy gdpr compliance legal data-protection consent dpo',
    terms: `
      gdpr*5, ccpa*4, privacy*4, personal data*4, data protection*4, right to be forgotten*5, erase my data*5,
      delete my data*4, data processing agreement*5, dpa*3, consent*2, subject access*4, soc 2*3, iso 27001*3,
      hipaa*3, compliance*3, lawyer*2, legal*2, terms of service*2, subpoena*4, attorney*2`,
    wider: ['security', 'account'],
  },
  {
    id: 'cancel',
    names: 'cancellation cancel churn unsubscribe retention offboarding termination',
    terms: `
      cancel*3, cancelled*2, cancellation*4, unsubscribe*3, terminate*3, end my subscription*5,
      stop my subscription*5, cancel my subscription*5, close my account*3, delete my account*2.5, close account*3,
      not renew*3, opt out*2, leaving*1.5, switch to competitor*3, no longer need*3, do not need*1.5`,
    wider: ['billing', 'account'],
  },
  {
    id: 'complaint',
    names: 'complaint dissatisfaction escalation grievance unhappy',
    terms: `
      complaint*4, complain*3, unacceptable*4, disappointed*3, disappointing*3, terrible*3, awful*3, worst*3,
      horrible*3, rude*3.5, ridiculous*3, frustrated*2.5, frustrating*2.5, furious*3, angry*3, disgusted*3,
      appalling*3, poor service*3.5, bad service*3.5, never again*2.5, manager*2, speak to a manager*4, escalate*3,
      no response*2, ignored*2.5, waste of*2.5, joke*1.5, fed up*3, shame*1.5`,
    wider: ['feedback', 'other'],
  },
  {
    id: 'praise',
    names: 'praise compliment thanks testimonial appreciation kudos positive happy satisfied',
    terms: `
      love*1.5, happy*1.5, great*1, wonderful*2.5, helpful*1, lovely*1.5, love your*3, love this*2.5, great job*4,
      amazing*2, awesome*2, excellent*2.5, fantastic*2.5, thank you so much*2.5, thanks to*1, kudos*4, well done*4,
      keep up the good work*5, keep it up*4, shout out*4, shoutout*4, great service*3.5, great support*3.5,
      impressed*3, happy with*2.5, just wanted to say*4, brilliant*2.5, made my day*4, best*0.5, perfect*1.5,
      compliment*3, delighted*3, hats off*3`,
    wider: ['feedback', 'other'],
    intent: true,
  },
  {
    id: 'feedback',
    names: 'feedback review opinion comment survey',
    terms: `feedback*3, review*2, opinion*2, survey*3, my thoughts*2, my two cents*3, comment*1.5, rating*2`,
    wider: ['other'],
  },
  {
    id: 'partnership',
    names: 'partnership partner press media marketing affiliate sponsorship collaboration pr',
    terms: `
      partnership*4, partner with*4, collaborate*4, collaboration*4, sponsor*3.5, sponsorship*4, affiliate*3, press*2,
      journalist*4, interview*2.5, media kit*4, influencer*4, guest post*4, backlink*4, podcast*3, conference*2,
      speaker*2, article*2, magazine*3, seo*3, our agency*3, university project*3, research study*3, thesis*3,
      school project*3, press kit*4, logo usage*3`,
    wider: ['other'],
    intent: true,
  },
  {
    id: 'jobs',
    names: 'job career hiring recruitment hr employment vacancy',
    terms: `
      job*2, job application*4, apply for*2.5, vacancy*4, internship*4, intern*3, resume*3, curriculum vitae*4, cv*3,
      hiring*3.5, position*2, career*3, job opening*4, open role*4, recruit*3, recruiter*4, cover letter*4`,
    wider: ['other'],
    intent: true,
  },
  {
    id: 'spam',
    names: 'spam junk irrelevant advertisement unsolicited',
    terms: `
      seo services*5, rank on google*5, first page of google*5, lottery*4, winner*2, bitcoin investment*5, crypto*2,
      click here*2, limited time offer*3, increase your traffic*5, web design services*5, cheap*1.5, viagra*5,
      casino*4, inheritance*4, loan offer*4, unsubscribe from this list*2, outsourcing*2.5`,
    wider: ['other'],
    intent: true,
  },
  {
    id: 'negative',
    names: 'negative unhappy angry frustrated upset dissatisfied',
    terms: `
      unacceptable*4, disappointed*3, disappointing*3, terrible*3, awful*3, worst*3, horrible*3, ridiculous*3,
      frustrated*2.5, frustrating*2.5, furious*3, angry*3, disgusted*3, hate*2.5, annoying*2.5, fed up*3, scam*3,
      not work*2, crash*2, broken*2, error*1.5, wrong*1.5, damaged*2, cracked*2, lost*1.5, never arrived*3,
      charged twice*2.5, overcharged*2.5, can not*1.2, still waiting*2.5, no response*2.5, nobody answered*2.5,
      ignored*2.5, refund*1.5, cancel*1, fail*1.5, problem*1.2, issue*0.8, locked out*2, slow*1.5, third time*2.5,
      again*0.5, useless*3, rude*3, poor*2, bad*2, complaint*3, down*1.5, missing*1.5`,
    wider: [],
  },
];
