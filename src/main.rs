fn main() {
    let p = std::env::args().nth(1).unwrap();
    let s = match streamduel::scenario::Scenario::load(p.as_ref(), &Default::default()) { Ok(s)=>s, Err(e)=>{eprintln!("{e}"); std::process::exit(2)} };
    println!("{}", s.resolved);
    for a in &s.assumptions { println!("{a:?}"); }
    for (i, sys) in s.systems.iter().enumerate() {
        let t = std::time::Instant::now();
        let r = streamduel::experiment::run_one(&s, i, 0, &Default::default());
        println!("{} {:?} ns/rec {}", sys.label, t.elapsed(), t.elapsed().as_nanos() as f64 / r.ledger.offered as f64);
        println!("{:?} {:?}", r.ledger, r.ledger.check());
        for f in streamduel::probe::figures::FIGURES { println!("  {} {:?}", f.name, (f.get)(&r)); }
        for f in streamduel::probe::figures::CONSUMER_FIGURES { println!("  {} {:?}", f.name, (f.get)(&r, 0)); }
    }
}
