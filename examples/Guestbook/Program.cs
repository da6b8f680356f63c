// A guest book in a file, and what a program sees of the container it runs in.
using System.Runtime.InteropServices;

var book = Environment.GetEnvironmentVariable("GUESTBOOK") ?? "/data/guestbook.txt";
switch (args.FirstOrDefault())
{
    case "sign" when args.Length > 1:
        File.AppendAllText(book, $"{DateTime.UtcNow:yyyy-MM-dd HH:mm:ss}  {string.Join(' ', args[1..])}, from {Environment.MachineName}\n");
        Console.WriteLine($"Signed {book}.");
        return 0;

    case "read":
        if (!File.Exists(book))
        {
            Console.Error.WriteLine($"guestbook: nobody has signed {book} yet");
            return 1;
        }
        Console.Write(File.ReadAllText(book));
        return 0;

    case "look":
        Console.WriteLine($"host      {Environment.MachineName}");
        Console.WriteLine($"pid       {Environment.ProcessId}");
        Console.WriteLine($"uid       {Status("Uid")}");
        Console.WriteLine($"may do    {Status("CapEff")}");
        Console.WriteLine($"uid map   {string.Join(' ', File.ReadAllText("/proc/self/uid_map").Split(' ', StringSplitOptions.RemoveEmptyEntries)).Trim()}");
        Console.WriteLine($"files     {string.Join(' ', Directory.GetFileSystemEntries("/").Order(StringComparer.Ordinal))}");
        Console.WriteLine($"greeting  {Environment.GetEnvironmentVariable("GREETING")}");
        return 0;

    case "serve":
        using (var ended = new ManualResetEventSlim())
        {
            using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
            {
                context.Cancel = true;
                ended.Set();
            });
            Console.WriteLine("open");
            for (var count = 1; !ended.Wait(TimeSpan.FromSeconds(1)); count++)
                Console.WriteLine($"still open after {count} s");
            Console.WriteLine("closed");
            return 0;
        }

    default:
        Console.Error.WriteLine("usage: guestbook sign NAME | read | look | serve");
        return 2;
}

static string Status(string name) =>
    File.ReadLines("/proc/self/status").First(l => l.StartsWith(name + ":", StringComparison.Ordinal)).Split('\t')[1];
