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
        ctrun [GLOBAL-OPTION ...] COMMAND ...
          create   [BUNDLE-OPTION ...] ID                  makes the container of a bundle
          start    ID                                      lets its command run
          run      [BUNDLE-OPTION ...] [--detach] [--keep] ID  both, waits, removes, ends with the command's exit code
          exec     [EXEC-OPTION ...] ID COMMAND ...        runs a further command in it
          state    ID                                      prints its state as JSON
          list     [--quiet] [--format table|json]         all containers under the root
          ps       [--format table|json] ID [PS-OPTIONS]   its processes
          kill     [--all] ID [SIGNAL]                     SIGTERM unless another is named
          pause    ID                                      suspends its processes
          resume   ID                                      lets them go on
          update   [--resources FILE|-] [LIMIT ...] ID     changes its limits
          events   [--stats] [--interval 5s] ID            prints what it uses, and kills for want of memory
          delete   [--force] ID                            removes what is left of it
          spec     [--bundle DIR] [--rootless]             writes a config.json to begin with
          features                                         prints what this runtime can do as JSON
          boot     [--stop] [--store DIR --run DIR]        starts the module's containers that are to run after a boot, or stops all

        GLOBAL-OPTION
          --root DIR                          containers' state (default: in the run directory)
          --log FILE                          errors are appended to it too, warnings instead of to standard error
          --log-format text|json              form of its lines
          --debug                             the log also tells of commands that succeed
          --cgroup-manager cgroupfs|systemd|disabled
                                              systemd: cgroupsPath is slice:prefix:name, a scope that systemd is asked for (where it does
                                              not run, the group is made in the same place); disabled: no group, no limits
          --systemd-cgroup                    the same as --cgroup-manager systemd
          --rootless auto|true|false          accepted; it is found out

        BUNDLE-OPTION
          --bundle DIR, --config FILE, --pid-file FILE, --console-socket PATH, --pidfd-socket PATH, --preserve-fds N, --no-pivot,
          --no-new-keyring

        EXEC-OPTION
          --process FILE, --tty, --user UID[:GID], --additional-gids LIST, --cwd DIR, --env NAME=VALUE, --unset-env NAME, --cap NAME, --no-new-privs, --detach,
          --pid-file FILE, --console-socket PATH, --pidfd-socket PATH, --preserve-fds N, --ignore-paused,
          --cgroup [CONTROLLER:]PATH (an existing group below the container's)

        LIMIT
          --memory, --memory-reservation, --memory-swap (bytes, as 512m; -1 for none), --cpu-period, --cpu-quota, --cpu-burst (microseconds),
          --cpu-share, --cpu-idle, --cpu-rt-period, --cpu-rt-runtime, --cpuset-cpus, --cpuset-mems, --pids-limit, --blkio-weight

        """;

    public static int Run(string[] arguments)
    {
        GlobalOptions? options = null;
        string? command = null;
        try
        {
            var reader = new ArgumentReader(arguments);
            options = GlobalOptions.Read(reader);
            command = reader.Operand("The command (see 'ctrun --help')");
            var code = Dispatch(command, options, reader);
            if (options.Debug && options.Log is not null)
                RuntimeLog.Write(options, "debug", $"'{string.Join(' ', arguments)}' ended with exit code {code}.");
            return code;
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
            return Report(options, e.Message, e.ExitCode == 1 ? FailureCode(command) : e.ExitCode, e.InnerException as ContainerToolsException);
        }
        catch (Exception e) when (e is ContainerToolsException or IOException or LinuxException or UnauthorizedAccessException or JsonException or ArgumentException or OverflowException)
        {
            return Report(options, e is ArgumentException { ParamName: { } name } ? e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : e.Message, FailureCode(command), e as ContainerToolsException);
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
        "ps" => ProcessListCommand.Run(options, reader),
        "pause" => PauseCommand.Run(options, reader),
        "resume" => ResumeCommand.Run(options, reader),
        "events" => EventsCommand.Run(options, reader),
        "update" => UpdateCommand.Run(options, reader),
        "spec" => SpecCommand.Run(reader),
        "features" => FeaturesCommand.Run(reader),
        "boot" => BootCommand.Run(reader),
        "help" => throw new GlobalOptions.HelpRequest(),
        "version" => throw new GlobalOptions.VersionRequest(),
        _ => throw new CommandException($"'{command}' is not a command of ctrun; 'ctrun --help' lists them."),
    };

    // What exec ends with is the command's; its own failures stand out, as runc's and ssh's do.
    private static int FailureCode(string? command) => command == "exec" ? 255 : 1;

    private static int Report(GlobalOptions? options, string message, int exitCode, ContainerToolsException? cause)
    {
        // The log first: who reads both knows by it what the line on standard error is.
        if (options?.Log is not null)
            RuntimeLog.Write(options, "error", message, cause);
        StandardStreams.Error($"ctrun: {message}\n");
        return exitCode;
    }
}
