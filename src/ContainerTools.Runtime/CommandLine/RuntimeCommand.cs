using System.Globalization;
using System.Text;
using System.Text.Json;
using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.Commands;

namespace ContainerTools.Runtime.CommandLine;

/// <summary>The command line: global options, the command, its arguments; errors become one line and an exit code.</summary>
internal static class RuntimeCommand
{
    private const string Usage = """
        ctrun [--root DIR] [--log FILE] [--log-format text|json] COMMAND ...
          create  [--bundle DIR] [--pid-file FILE] [--console-socket PATH] [--preserve-fds N] ID
          start   ID
          run     [--bundle DIR] [--pid-file FILE] [--preserve-fds N] ID
          exec    [--process FILE | --user UID[:GID] --cwd DIR --env NAME=VALUE] ID COMMAND ...
          state   ID
          kill    [--all] ID [SIGNAL]
          delete  [--force] ID
          list    [--quiet]

        """;

    public static int Run(string[] arguments)
    {
        GlobalOptions? options = null;
        try
        {
            var reader = new ArgumentReader(arguments);
            options = GlobalOptions.Read(reader);
            return Dispatch(reader.Operand("The command (see 'ctrun --help')"), options, reader);
        }
        catch (GlobalOptions.VersionRequest)
        {
            StandardStreams.Out($"ctrun version {typeof(RuntimeCommand).Assembly.GetName().Version?.ToString(3)}\nspec: {RuntimeJson.SpecVersion}\n");
            return 0;
        }
        catch (GlobalOptions.HelpRequest)
        {
            StandardStreams.Out(Usage);
            return 0;
        }
        catch (CommandException e)
        {
            return Report(options, e.Message, e.ExitCode, e.InnerException as ContainerToolsException);
        }
        catch (Exception e) when (e is ContainerToolsException or IOException or LinuxException or UnauthorizedAccessException or JsonException or ArgumentException)
        {
            return Report(options, e.Message, 1, e as ContainerToolsException);
        }
    }

    private static int Dispatch(string command, GlobalOptions options, ArgumentReader reader) => command switch
    {
        "create" => CreateCommand.Run(options, reader),
        "start" => StartCommand.Run(options, reader),
        "run" => RunCommand.Run(options, reader),
        "exec" => ExecCommand.Run(options, reader),
        "state" => StateCommand.Run(options, reader),
        "kill" => KillCommand.Run(options, reader),
        "delete" => DeleteCommand.Run(options, reader),
        "list" => ListCommand.Run(options, reader),
        _ => throw new CommandException($"'{command}' is not a command of ctrun; 'ctrun --help' lists them."),
    };

    private static int Report(GlobalOptions? options, string message, int exitCode, ContainerToolsException? cause)
    {
        // The log first: who reads both knows by it what the line on standard error is.
        if (options?.Log is { } log)
        {
            try
            {
                File.AppendAllText(log, options.LogJson ? JsonLine(message, cause) : $"level=error msg={JsonEncodedText.Encode(message)}\n");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                StandardStreams.Error($"ctrun: the log '{log}' cannot be written: {e.Message}\n");
            }
        }
        StandardStreams.Error($"ctrun: {message}\n");
        return exitCode;
    }

    // The form that engines parse to show a runtime's error as their own.
    private static string JsonLine(string message, ContainerToolsException? cause)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("level", "error");
            writer.WriteString("msg", message);
            if (cause is not null)
            {
                writer.WriteString("errorId", cause.ErrorId);
                writer.WriteString("kind", cause.Kind.ToString());
            }
            writer.WriteString("time", DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }
}
