using ContainerTools.Engine.Containers;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Sockets;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Monitor;

/// <summary>
/// Those who work with a container that has a terminal or an open standard input, and the socket by which more of them come. While one of them does not take what is shown, no
/// more is read from the terminal; so a slow one holds up the container. At its end each gets a moment,
/// but for the shell that takes the raw output: that gets all of it, unless somebody wants the container to be over.
/// </summary>
internal sealed class ConsoleClients : IDisposable
{
    /// <summary>How many entries <see cref="Watch"/> fills: the socket's, and one for each.</summary>
    public const int Entries = 1 + Maximum;

    private const int Maximum = 8;

    private readonly MonitorArguments _options;
    private readonly List<ConsoleClient> _clients;
    private int _held = -1;

    public ConsoleClients(MonitorArguments options)
    {
        _options = options;
        _clients = [.. options.ConsoleDescriptors.Select(descriptor => new ConsoleClient(descriptor, options.RawOutput ? IsGivenUp : null))];
    }

    /// <summary>Whether a message waits for one of them, which a fresh process image would lose.</summary>
    public bool IsBusy => _clients.Exists(client => client.IsBusy);

    /// <summary>Whether there is anybody.</summary>
    public bool Any => _clients.Exists(client => client.Descriptor >= 0);

    /// <summary>Takes in who has come, forgets who has left, and sets what is waited for.</summary>
    /// <param name="output">The terminal's entry.</param>
    /// <param name="entries">What they wait for; with what the last wait found.</param>
    public void Watch(ref PollEntry output, Span<PollEntry> entries)
    {
        for (int i = 0; i < _clients.Count; i++)
            _clients[i].Step(entries[1 + i].Found);
        _clients.RemoveAll(client => client.Descriptor < 0);
        if (entries[0].Found != 0)
            Accept();
        entries.Fill(new PollEntry { Descriptor = -1 });
        if (_clients.Count < Maximum)
            entries[0] = new PollEntry { Descriptor = _options.AttachDescriptor, Events = EventCalls.PollIn };
        for (int i = 0; i < _clients.Count; i++)
            entries[1 + i] = new PollEntry { Descriptor = _clients[i].Descriptor, Events = _clients[i].IsBusy ? EventCalls.PollOut : (short)0 };
        Hold(ref output);
    }

    /// <summary>Shows text to all of them.</summary>
    public void Send(ReadOnlySpan<byte> text)
    {
        foreach (var client in _clients)
            client.Send(text);
    }

    /// <summary>Shows text to all of them, waiting for each to take it: the container has ended.</summary>
    public void SendLast(ReadOnlySpan<byte> text)
    {
        foreach (var client in _clients)
            client.SendLast(text);
    }

    /// <summary>Waits for each of them to take what was shown: the container has ended.</summary>
    public void Flush() => _clients.ForEach(client => client.Flush());

    /// <summary>Says whether what is open for them is closed by the next process image, and tells that image of it.</summary>
    public void SetCloseOnExec(bool close)
    {
        _clients.RemoveAll(client => client.Descriptor < 0);
        _options.ConsoleDescriptors = [.. _clients.Select(client => client.Descriptor)];
        foreach (int descriptor in (ReadOnlySpan<int>)[_options.AttachDescriptor, _options.InputDescriptor, .. _options.ConsoleDescriptors])
        {
            if (descriptor >= 0)
                EventCalls.SetCloseOnExec(descriptor, close);
        }
    }

    /// <summary>The container's run is over for all of them, also if another one follows.</summary>
    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        _clients.Clear();
        _options.ConsoleDescriptors = [];
        Close();
    }

    private bool IsGivenUp() => File.Exists(Path.Combine(_options.Directory, ContainerFiles.GivenUp));

    private void Hold(ref PollEntry output)
    {
        if (IsBusy && _held < 0)
        {
            _held = output.Descriptor;
            output.Descriptor = -1;
        }
        else if (!IsBusy && _held >= 0)
        {
            output.Descriptor = _held;
            _held = -1;
        }
    }

    /// <summary>Gives who has come the terminal, or the writing end of the standard input; that is all that one needs who shows the log.</summary>
    private void Accept()
    {
        int accepted = LocalSocket.Accept(_options.AttachDescriptor);
        if (accepted < 0)
            return;
        var connection = new SafeFileHandle(accepted, ownsHandle: true);
        bool terminal = _options.InputDescriptor < 0;
        bool sent = LocalSocket.Send(connection, [0], [terminal ? _options.OutputDescriptor : _options.InputDescriptor]);
        if (sent && terminal)
        {
            connection.SetHandleAsInvalid();
            _clients.Add(new ConsoleClient(accepted, isGivenUp: null));
        }
        else if (sent)
        {
            // The input ends with what comes from there.
            Close();
            File.Delete(Path.Combine(_options.Directory, ContainerFiles.Attach));
        }
        connection.Dispose();
    }

    private void Close()
    {
        if (_options.AttachDescriptor >= 0)
            _ = FileCalls.Close(_options.AttachDescriptor);
        if (_options.InputDescriptor >= 0)
            _ = FileCalls.Close(_options.InputDescriptor);
        _options.AttachDescriptor = _options.InputDescriptor = -1;
    }
}
