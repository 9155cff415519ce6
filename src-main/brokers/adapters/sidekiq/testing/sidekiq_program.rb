# A producer, an operator and a worker of the real Sidekiq in one process, told what to do by JSON lines. The worker is Sidekiq's
# own Processor, driven job by job, and its heartbeat is beaten on demand: nothing is written to Redis between two orders.
require "json"
answers = $stdout.dup
$stdout.reopen($stderr)
require "sidekiq"
require "sidekiq/api"
require "sidekiq/launcher"
require_relative "sidekiq_jobs"

Sidekiq.logger.level = Logger::FATAL
Redis.silence_deprecations = true
Sidekiq.options[:error_handlers].clear

class Program
  SETS = {"dead" => Sidekiq::DeadSet, "retry" => Sidekiq::RetrySet, "schedule" => Sidekiq::ScheduledSet}.freeze

  def initialize
    @launcher = Sidekiq::Launcher.new(Sidekiq.options.merge(queues: ["slow"], concurrency: 2, tag: "shop", labels: ["eu"]))
    @held = []
  end

  def version(_)
    Sidekiq::VERSION
  end

  # Answers the jids, in order.
  def push(order)
    order["jobs"].map { |job| Sidekiq::Client.push({"class" => "Charge"}.merge(job)) }
  end

  # Works on what a queue holds now; answers what each job was given.
  def work(order)
    Sidekiq.redis { |redis| redis.del("test:given") }
    processor = processor_on(order["queue"])
    [Sidekiq::Queue.new(order["queue"]).size, order["most"]].compact.min.times { process_one(processor) }
    Sidekiq.redis { |redis| redis.lrange("test:given", 0, -1) }.map { |given| JSON.parse(given) }
  end

  # Two threads of a worker take a job each and keep it; what they hold is told at each beat.
  def hold(_)
    @held = Array.new(2) { processor_on("slow").tap(&:start) } if @held.empty?
    sleep 0.01 until Sidekiq::Processor::WORKER_STATE.size == 2
  end

  def beat(_)
    @launcher.send(:heartbeat)
  end

  # retry, add_to_queue, kill, delete: what the API can do to a job of a set.
  def act(order)
    SETS.fetch(order["set"]).new.find_job(order["jid"]).public_send(order["how"])
    nil
  end

  def delete_from_queue(order)
    Sidekiq::Queue.new(order["queue"]).find_job(order["jid"]).delete
  end

  # Every set and queue with the jids in it, as the API tells them.
  def jids(_)
    sets = SETS.to_h { |name, set| [name, set.new.map(&:jid)] }
    {"sets" => sets, "queues" => Sidekiq::Queue.all.to_h { |queue| [queue.name, queue.map(&:jid)] }}
  end

  # What the API counts.
  def counts(_)
    busy = Sidekiq::WorkSet.new.map { |_, _, work| work["queue"] }.tally
    queues = Sidekiq::Queue.all.to_h { |queue| [queue.name, {"ready" => queue.size, "leased" => busy.fetch(queue.name, 0)}] }
    {"queues" => queues, "sets" => SETS.transform_values { |set| set.new.size }}
  end

  # The API's own reading of one job of a set.
  def read(order)
    job = SETS.fetch(order["set"]).new.find_job(order["jid"])
    {"class" => job.display_class, "queue" => job.queue, "backtrace" => job.error_backtrace, "value" => job.value}
  end

  private

  def processor_on(queue)
    fetch = Sidekiq::BasicFetch.new(queues: [queue], strict: true)
    Sidekiq::Processor.new(self, Sidekiq.options.merge(fetch: fetch))
  end

  def process_one(processor)
    processor.send(:process_one)
  rescue StandardError
    # A real manager goes on with another processor.
  end
end

program = Program.new
$stdin.each_line do |line|
  order = JSON.parse(line)
  answer =
    begin
      {"value" => program.public_send(order.fetch("do"), order)}
    rescue StandardError => e
      {"error" => "#{e.class}: #{e.message} #{e.backtrace&.first}"}
    end
  answers.puts(JSON.generate(answer))
  answers.flush
end
exit!
