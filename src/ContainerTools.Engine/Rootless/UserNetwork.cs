using System.Runtime.ExceptionServices;
using ContainerTools.Linux.Namespaces;

namespace ContainerTools.Engine.Rootless;

/// <summary>
/// Work on an ordinary user's networks: their bridges, links and rules are in a network namespace that his containers share (<see cref="SessionRecord"/>), since those of
/// the host are root's. Published ports are the host's all the same.
/// </summary>
internal static class UserNetwork
{
    [ThreadStatic]
    private static Outside? t_outside;

    /// <summary>Undoes something of networks: here, by a worker, or, where the kernel has forgotten all of it, in the records alone.</summary>
    /// <param name="runRoot">The root of run state.</param>
    /// <param name="undo">The work, for a process that may do it.</param>
    /// <param name="forget">Strikes from the records what went with the user's session.</param>
    /// <param name="operation">What a worker is to do.</param>
    /// <param name="arguments">Its arguments.</param>
    public static void Undo(string runRoot, Action undo, Action forget, string operation, params IReadOnlyList<string> arguments)
    {
        if (UserSession.IsRootless && SessionRecord.Find(runRoot) is null)
            forget();
        else if (UserSession.IsNeeded)
            SessionWorker.RunForNetworks(runRoot, operation, arguments);
        else
            Run(runRoot, undo);
    }

    /// <summary>Does work where the bridges are: for root on this thread, for others on one that is in the user's network namespace.</summary>
    /// <param name="runRoot">The root of run state.</param>
    /// <param name="work">The work.</param>
    public static void Run(string runRoot, Action work)
    {
        if (!UserSession.IsRootless || SessionRecord.Find(runRoot) is not { } session)
        {
            work();
            return;
        }
        using var outside = new Outside();
        Exception? failure = null;
        // A thread that has entered the namespace cannot come back, so it is one that ends.
        var thread = new Thread(() =>
        {
            try
            {
                using (var network = NamespaceFile.Open(session.Holder, NamespaceKinds.Network))
                    NamespaceFile.Enter(network, NamespaceKinds.Network);
                t_outside = outside;
                work();
            }
            catch (Exception e)
            {
                failure = e;
            }
            finally
            {
                outside.Close();
            }
        });
        thread.Start();
        outside.Serve();
        thread.Join();
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Does a part of such work in the host's network namespace: on the thread that has called <see cref="Run"/>.</summary>
    public static T OnHost<T>(Func<T> work) => t_outside is { } outside ? outside.Ask(work) : work();

    /// <summary>Whether this thread is in the user's network namespace.</summary>
    public static bool IsInside => t_outside is not null;

    /// <summary>A thread that does for another one what that cannot do.</summary>
    private sealed class Outside : IDisposable
    {
        private readonly SemaphoreSlim _asked = new(0), _done = new(0);
        private Action? _work;

        public void Serve()
        {
            while (true)
            {
                _asked.Wait();
                if (_work is not { } work)
                    return;
                work();
                _done.Release();
            }
        }

        public T Ask<T>(Func<T> work)
        {
            T? result = default;
            Exception? failure = null;
            _work = () =>
            {
                try
                {
                    result = work();
                }
                catch (Exception e)
                {
                    failure = e;
                }
            };
            _asked.Release();
            _done.Wait();
            if (failure is not null)
                ExceptionDispatchInfo.Throw(failure);
            return result!;
        }

        public void Close()
        {
            _work = null;
            _asked.Release();
        }

        public void Dispose()
        {
            _asked.Dispose();
            _done.Dispose();
        }
    }
}
